/** The paths and documents of the border door, written by npm run docs from its OpenAPI document: do not edit. */

export interface paths {
    "/v1/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * One status query.
         * @description Scope: check. For application/x-ndjson: any number of queries, one a line, answered while they come (scope: batch).
         */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checks/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Up to 1,000 status queries under keys of the caller.
         * @description Scope: batch.
         */
        post: operations["checkBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assessments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds assessments that were given.
         * @description Scope: history.
         */
        get: operations["searchAssessments"];
        put?: never;
        /**
         * A whole entry: the gateway finds the parties and asks about each.
         * @description Scope: assess. For application/x-ndjson: any number of entries in JSON, one a line, answered while they come.
         */
        post: operations["assess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/consultations/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An answer that was given, unchanged. A client reads its own; with the scope history, all. */
        get: operations["consultation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/consultations/{number}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file that proves an answer to others; whose, as above. With Accept: text/html, a page to print, with a QR code. */
        get: operations["evidence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assessments/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An assessment that was given, unchanged; whose, as above. */
        get: operations["assessment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/entries/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What became of many entries: an event that is refused does not affect the others.
         * @description Scope: report.
         */
        post: operations["reportEntries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/entries/{number}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What became of an entry: all events are recorded, or none.
         * @description Scope: report.
         */
        post: operations["reportEntry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/partners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Terms of each arrangement, form of its identifiers, freshness of its list. */
        get: operations["partners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What lists changed in the register after a number, in the order in which it took effect; with Accept: text/event-stream, as events while they come. */
        get: operations["changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A signed copy of the register, or what changed since an earlier one; with Accept: text/html, the border in one file.
         * @description Scope: snapshot.
         */
        get: operations["snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/consultations/offline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answers that were given from a copy are recorded under their numbers; one that is refused does not affect the others.
         * @description Scope: snapshot.
         */
        post: operations["reconcileOffline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers. */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether status queries can be answered and recorded. */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/consultations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds answers that were given.
         * @description Scope: history.
         */
        get: operations["searchConsultations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exposure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Restrictions that count from a day before they became known, with the answers that recognised the operator meanwhile.
         * @description Scope: history.
         */
        get: operations["exposure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exposure/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds answers whose outcome would be another by what is known now.
         * @description Scope: history.
         */
        get: operations["changedAnswers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** One status question */
        CheckRequest: {
            /** @description Country code of the arrangement, or of a state its partner speaks for. */
            partner: string;
            /** @description As it stands on the declaration. It may be left out only where the arrangement has operators found by name and address. */
            identifier?: string;
            /** @enum {unknown} */
            role?: "consignor" | "consignee" | "exporter" | "importer" | "manufacturer" | "buyer" | "seller" | "carrier" | "declarant" | "agent" | "CS" | "FW" | "MF" | "WH" | "submitter" | "duty_party" | "authorisation_holder" | "other";
            /** @enum {unknown} */
            direction?: "import" | "export";
            /** @enum {unknown} */
            mode?: "sea" | "air" | "road" | "rail" | "post";
            /** @description Where the goods enter or leave here, as the declaration writes it. Needed where a pilot is limited to ports. */
            port?: string;
            /** @description Where they are loaded or unloaded there, likewise. */
            port_of_departure?: string;
            /** @description Characters the identifier's box on the declaration holds: an identifier that fills it may have been cut. */
            box_length?: number;
            /**
             * Format: date-time
             * @description The legal moment, RFC 3339 with Z or an offset. Absent: now.
             */
            at?: string;
            /**
             * Format: date-time
             * @description Only what had reached us by then counts. Absent: now.
             */
            known_at?: string;
            /** @description Compared with the name on the list; grants nothing beside an identifier. */
            name?: string;
            /** @description As it stands on the declaration; read only where the identifier is left out. */
            address?: string;
            purpose?: string;
            reference?: string;
        };
        /** A line of the answers to a stream of status queries */
        StreamAnswer: {
            /** @description The number of the line of the query, from 1. */
            line: number;
            answer?: components["schemas"]["Answer"] | components["schemas"]["MinimalAnswer"];
            problem?: components["schemas"]["Problem"];
        } & (unknown | unknown);
        /** Answer to a status question, with its proof */
        Answer: {
            /**
             * @description The fact. Treat a word you do not know as undetermined.
             * @enum {unknown}
             */
            outcome: "recognised" | "recognised_with_limits" | "not_on_list" | "suspended" | "revoked" | "expired" | "agreement_not_in_force" | "undetermined" | "identifier_malformed";
            subject: {
                partner: string;
                /** @description State of the operator, where the partner speaks for several. */
                issuer?: string;
                /** @description As looked up; null when it is not of the partner's form. */
                identifier: string | null;
                identifier_as_sent?: string;
                name?: string;
                programme?: string;
                roles?: string[];
                status?: string;
                valid_from?: components["schemas"]["Answer"]["$defs"]["day"];
                valid_to?: components["schemas"]["Answer"]["$defs"]["day"];
                last_known_status?: string;
                last_known_at?: components["schemas"]["Answer"]["$defs"]["moment"];
            };
            /** @description Names never grant; they warn, and the policy may have a person look. */
            name_match?: {
                /** @enum {unknown} */
                result: "match" | "differs";
                score: number;
                /** @description A significant word is in both names: not a legal form, nor a word of the trade. */
                shares_word?: boolean;
                compared: {
                    sent: string;
                    held: string;
                };
                because: string[];
            };
            at: components["schemas"]["Answer"]["$defs"]["moment"];
            known_at: components["schemas"]["Answer"]["$defs"]["moment"];
            answered_at: components["schemas"]["Answer"]["$defs"]["moment"];
            freshness: {
                /** @enum {unknown} */
                state: "fresh" | "ageing" | "stale" | "none";
                /** @description Partner, epoch and number of the list. */
                list?: string;
                list_as_of?: components["schemas"]["Answer"]["$defs"]["moment"];
                received_at?: components["schemas"]["Answer"]["$defs"]["moment"];
                age_s?: number;
                max_age_s: number;
                /**
                 * @description snapshot: answered without a network, from a signed copy.
                 * @enum {unknown}
                 */
                source: "register" | "snapshot";
                /**
                 * @description The list was not signed. channel: its sender is known by the connection over which it came. custody: staff brought it as a file, and two people released it. Absent: it was signed.
                 * @enum {unknown}
                 */
                evidence?: "channel" | "custody";
                note?: string;
            };
            /** @description What the home policy says; never the partner's word. */
            advice: {
                /** @enum {unknown} */
                action: "apply" | "apply_with_limits" | "do_not_apply" | "refer";
                benefits: string[];
                policy: string;
                reason?: string;
            };
            explanation: {
                /** @enum {unknown} */
                step: "identifier" | "agreement" | "freshness" | "status" | "scope" | "name";
                /** @enum {unknown} */
                result: "pass" | "warn" | "fail" | "skip";
                code: string;
                text: string;
                clause?: string;
            }[];
            /** @description The one edit of the identifier with which the same question would have been answered `recognised`. Never applied by itself; absent where there is none. `ambiguous`: more than one operator is an edit away, and none is named. */
            would_change_answer?: {
                /** @enum {unknown} */
                edit: "prefix" | "variant" | "look_alike" | "substitution" | "transposition" | "missing" | "doubled" | "other_partner" | "ambiguous";
                /** @description What was sent at the place of the edit. */
                from?: string;
                /** @description What would stand there. */
                to?: string;
                partner?: string;
                identifier?: string;
                because: string;
            };
            reference?: string;
            proof: {
                consultation_number: string;
                issued_at: components["schemas"]["Answer"]["$defs"]["moment"];
                requester: string;
                /** @description SHA-256 over the RFC 8785 form of the answer without this member. */
                answer_digest: string;
                /** @description Absent where the answer was given while the store was away: its place is known once it is recorded. */
                log_index?: number;
            };
            $defs: {
                /** Format: date */
                day: string;
                /** Format: date-time */
                moment: string;
            };
        };
        /** Outcome and number of an answer (Prefer: return=minimal) */
        MinimalAnswer: {
            outcome: components["schemas"]["Answer"]["outcome"];
            consultation_number: components["schemas"]["Answer"]["proof"]["consultation_number"];
        };
        /** Problem (RFC 9457), as every door answers with */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            /** @description Stable; docs/errors.md has all. */
            code: string;
            /** @enum {unknown} */
            who_must_act: "sender" | "partner" | "caller" | "staff" | "integration_engineer" | "nobody";
            /** @enum {unknown} */
            retry: "yes" | "no" | "after_fix";
            request_id: string;
            /** @description All faults of the request, in document order. */
            errors?: {
                pointer: string;
                code: string;
                detail: string;
                /** @description The words that would have been taken. */
                allowed?: string[];
                suggestion?: string;
            }[];
        };
        /**
         * Up to 1,000 status questions under keys of the caller
         * @description Each question has the members of a check request; members given here count where a question does not state its own.
         */
        BatchRequest: {
            /** Format: date-time */
            at?: string;
            /** Format: date-time */
            known_at?: string;
            /** @enum {unknown} */
            direction?: "import" | "export";
            /** @enum {unknown} */
            mode?: "sea" | "air" | "road" | "rail" | "post";
            port?: components["schemas"]["CheckRequest"]["port"];
            port_of_departure?: components["schemas"]["CheckRequest"]["port_of_departure"];
            purpose?: string;
            checks: {
                [key: string]: Record<string, unknown>;
            };
        };
        /** Answers to a batch, under the keys of the caller */
        BatchAnswer: {
            answered_at: components["schemas"]["Answer"]["$defs"]["moment"];
            /** @description How many in all (total), by outcome, and with a problem. */
            counts: {
                [key: string]: number;
            };
            results: {
                [key: string]: {
                    /** @constant */
                    status: 200;
                    outcome: components["schemas"]["Answer"]["outcome"];
                    advice: {
                        action: components["schemas"]["Answer"]["advice"]["action"];
                        benefits: components["schemas"]["Answer"]["advice"]["benefits"];
                    };
                    freshness: components["schemas"]["Answer"]["freshness"];
                    explanation: components["schemas"]["Answer"]["explanation"];
                    would_change_answer?: components["schemas"]["Answer"]["would_change_answer"];
                    consultation_number: components["schemas"]["Answer"]["proof"]["consultation_number"];
                } | {
                    status: number;
                    problem: components["schemas"]["Problem"];
                };
            };
        };
        /** A whole entry to be assessed */
        Entry: {
            entry: {
                id?: string;
                /** @enum {unknown} */
                type: "import" | "export";
                office?: string;
                /** @description The code of its first goods item: at least the chapter of the Harmonized System. */
                commodity?: string;
                /**
                 * Format: date-time
                 * @description RFC 3339 with Z or an offset; status is judged as of it.
                 */
                accepted_at?: string;
                /** @enum {unknown} */
                mode?: "sea" | "air" | "road" | "rail" | "post";
                port?: components["schemas"]["CheckRequest"]["port"];
                port_of_departure?: components["schemas"]["CheckRequest"]["port_of_departure"];
                parties: {
                    pointer?: string;
                    role: components["schemas"]["CheckRequest"]["role"];
                    identifier?: string;
                    name?: string;
                    address?: string;
                    country?: string;
                }[];
            };
        };
        /** A line of the answers to a stream of entries */
        StreamAssessment: {
            /** @description The number of the line of the entry, from 1. */
            line: number;
            assessment?: components["schemas"]["Assessment"];
            problem?: components["schemas"]["Problem"];
        };
        /** Assessment of a whole entry */
        Assessment: {
            assessment: string;
            /** @description The entry's own number. */
            entry?: string;
            /** @description The format the entry was read as. */
            profile: string;
            /** @enum {unknown} */
            decision: "apply" | "apply_with_limits" | "do_not_apply" | "refer";
            benefits: {
                code: string;
                name: string;
                because: string[];
            }[];
            parties: {
                n: number;
                role: string;
                /** @description Where on the entry the party stands. */
                pointer: string;
                /** @description Class and element of the WCO data model. */
                wco?: string;
                partner?: string;
                /** @enum {unknown} */
                outcome?: "recognised" | "recognised_with_limits" | "not_on_list" | "suspended" | "revoked" | "expired" | "agreement_not_in_force" | "undetermined" | "identifier_malformed";
                /** @enum {unknown} */
                not_checked?: "no_identifier" | "domestic_side" | "no_partner" | "several_partners" | "role_earns_nothing";
                counts_for_benefit: boolean;
                consultation_number?: string;
                note?: string;
                /** @description All that the answer about this party warns of. */
                warnings?: {
                    code: string;
                    text: string;
                }[];
            }[];
            /** Format: date-time */
            valid_until?: string;
            policy: string;
            requester: string;
            /** Format: date-time */
            answered_at: string;
            warnings: string[];
            /** @description Where to look further. */
            links?: {
                [key: string]: string;
            };
        };
        /** A search for recorded answers or assessments: the parameters of the query */
        SearchRequest: {
            /** @description As it was sent, or as it was looked up. */
            identifier?: string;
            partner?: string;
            /** @description A day at home, or a moment: answered then or later. */
            from?: components["schemas"]["SearchRequest"]["$defs"]["time"];
            /** @description A day at home, which counts as a whole, or a moment: answered before it. */
            to?: components["schemas"]["SearchRequest"]["$defs"]["time"];
            /** @description Of an answer; of an assessment its decision. */
            outcome?: string;
            requester?: string;
            /** @description The number of the entry: the reference of a query. */
            entry?: string;
            /** @description 1 to 100; absent: 50. */
            limit?: string;
            /** @description As the page before states it. */
            cursor?: string;
            $defs: {
                time: string | unknown | unknown;
            };
        };
        /** A page of recorded answers or assessments, the newest first */
        SearchAnswer: {
            /** @description The cursor of the next page; absent after the last. */
            next?: string;
            /** @description Present while the newest are not found yet: all that were given before this moment are. */
            searched_to?: components["schemas"]["Answer"]["$defs"]["moment"];
            consultations: {
                consultation_number: components["schemas"]["Answer"]["proof"]["consultation_number"];
                answered_at: components["schemas"]["Answer"]["$defs"]["moment"];
                requester: string;
                partner: components["schemas"]["Answer"]["subject"]["partner"];
                identifier: components["schemas"]["Answer"]["subject"]["identifier"];
                outcome: components["schemas"]["Answer"]["outcome"];
                action: components["schemas"]["Answer"]["advice"]["action"];
                entry?: string;
            }[];
        } | {
            /** @description The cursor of the next page; absent after the last. */
            next?: string;
            /** @description Present while the newest are not found yet: all that were given before this moment are. */
            searched_to?: components["schemas"]["Answer"]["$defs"]["moment"];
            assessments: {
                assessment: components["schemas"]["Assessment"]["assessment"];
                answered_at: components["schemas"]["Answer"]["$defs"]["moment"];
                requester: string;
                entry?: string;
                profile: string;
                decision: components["schemas"]["Assessment"]["decision"];
            }[];
        };
        /** Evidence of an answer (docs/evidence.md) */
        Evidence: {
            /** @constant */
            format: "mra-evidence/1";
            answer: components["schemas"]["Answer"];
            entry: {
                kind: string;
                ref: string;
                at: components["schemas"]["Answer"]["$defs"]["moment"];
                n: number;
                detail?: Record<string, unknown>;
            };
            inclusion: string[];
            /** @description A signed note (C2SP). */
            checkpoint: string;
            source?: {
                entry: {
                    kind: string;
                    ref: string;
                    at: components["schemas"]["Answer"]["$defs"]["moment"];
                    n: number;
                    detail?: Record<string, unknown>;
                };
                inclusion: string[];
                bytes?: string;
            };
        };
        /** What became of entries at the border */
        EntryEvents: {
            events: {
                entry?: components["schemas"]["EntryEvents"]["$defs"]["entry"];
                event: components["schemas"]["EntryEvents"]["$defs"]["event"];
                at: components["schemas"]["EntryEvents"]["$defs"]["at"];
            }[];
            $defs: {
                /** @description The number of the entry, or of its assessment where it has none; absent where the address has it. */
                entry: string;
                /**
                 * @description Examined: the goods were looked at; documents_checked: only papers; released: the goods may go.
                 * @enum {unknown}
                 */
                event: "examined" | "documents_checked" | "released";
                /**
                 * Format: date-time
                 * @description RFC 3339 with Z or an offset; not before the assessment.
                 */
                at: string;
            };
        };
        /** What was recorded of reported events, in their order */
        EntryEventsAnswer: {
            counts: {
                recorded: number;
                repeated: number;
                refused: number;
            };
            events: ({
                entry: components["schemas"]["EntryEvents"]["$defs"]["entry"];
                event: components["schemas"]["EntryEvents"]["$defs"]["event"];
                /** Format: date-time */
                at: string;
                assessment: components["schemas"]["Assessment"]["assessment"];
                /**
                 * @description Repeated: it was known already.
                 * @enum {unknown}
                 */
                result: "recorded" | "repeated";
            } | {
                /** @constant */
                result: "refused";
                problem: components["schemas"]["Problem"];
            })[];
        };
        /** The arrangements of the home administration */
        Partners: {
            home: string;
            policy: string;
            as_of: components["schemas"]["Answer"]["$defs"]["moment"];
            partners: {
                partner: string;
                name: string;
                programme: string;
                /** @description Since when, until when, and by mode of transport. */
                in_force: Record<string, unknown>;
                directions: components["schemas"]["CheckRequest"]["direction"][];
                /** @description Roles on an entry in which an operator earns benefits. */
                entry_roles: components["schemas"]["CheckRequest"]["role"][];
                /** @description For each of these, the roles in which its administration lists an operator that may have it. */
                operator_roles: Record<string, unknown>;
                /** @description Their letters, and what they are. */
                benefits: {
                    [key: string]: string;
                };
                /** @description Of a pilot: modes of transport, ports. */
                limits?: Record<string, unknown>;
                /** @description How operators are found, where not by identifier alone. */
                matching?: unknown[];
                identifier: {
                    form: string;
                    example: string;
                    issuers?: string[];
                };
                freshness: components["schemas"]["Answer"]["freshness"];
            }[];
        };
        /** Changes of the register */
        Changes: {
            changes: components["schemas"]["Changes"]["$defs"]["change"][];
            /** @description What to ask after next. */
            next: number;
            $defs: {
                /** @enum {unknown} */
                status: "active" | "suspended" | "revoked" | "withdrawn" | "left";
                change: {
                    n: number;
                    /**
                     * @description reloaded: more than 5,000 operators of the partner changed; read anew what you hold of it.
                     * @enum {unknown}
                     */
                    change: "listed" | "reinstated" | "suspended" | "revoked" | "withdrawn" | "left" | "updated" | "reloaded";
                    partner: string;
                    /** @description Absent where the register is to be read anew. */
                    identifier?: string;
                    /** @description Absent: nothing was known of the operator. */
                    before?: components["schemas"]["Changes"]["$defs"]["status"];
                    after?: components["schemas"]["Changes"]["$defs"]["status"];
                    /**
                     * Format: date
                     * @description First day of what is said.
                     */
                    effective_from: string;
                    /** Format: date-time */
                    known_from: string;
                };
            };
        };
        /** Consultations made with a snapshot */
        OfflineConsultations: {
            /** @description As the border page saves them. */
            consultations: {
                request: components["schemas"]["CheckRequest"];
                answer: components["schemas"]["Answer"];
            }[];
        };
        /** What was recorded of consultations made with a snapshot */
        OfflineConsultationsAnswer: {
            counts: {
                recorded: number;
                repeated: number;
                refused: number;
            };
            /** @description In the order of the request. */
            consultations: ({
                consultation_number: string;
                /** @enum {unknown} */
                result: "recorded" | "repeated";
                /** @description What the register says as of the snapshot, where that is another outcome than was answered. */
                outcome_expected?: string;
            } | {
                /** @constant */
                result: "refused";
                problem: components["schemas"]["Problem"];
            })[];
        };
        /** Whether the border door can answer */
        Readiness: {
            /** @enum {unknown} */
            status: "pass" | "degraded";
            /** @constant */
            serving?: true;
            checks?: {
                store: {
                    /** @enum {unknown} */
                    status: "pass" | "fail";
                };
                partners: {
                    [key: string]: components["schemas"]["Answer"]["freshness"]["state"];
                };
                untaken?: {
                    [key: string]: string;
                };
                stopped?: {
                    [key: string]: string;
                };
            };
        };
        /** Answers that would be otherwise by what is known now */
        Exposure: {
            exposures: components["schemas"]["Exposure"]["$defs"]["exposure"][];
            /** @description Present while the newest answers are not found yet: all that were given before this moment are. */
            searched_to?: components["schemas"]["Answer"]["$defs"]["moment"];
            /** @description What to ask before for the next page; absent after the last. */
            next?: number;
            $defs: {
                exposure: {
                    change: components["schemas"]["Changes"]["$defs"]["change"];
                    answers: components["schemas"]["Exposure"]["$defs"]["answer"][];
                    /** @description false: there are more answers than are named. */
                    complete: boolean;
                };
                answer: {
                    consultation_number: string;
                    /** Format: date-time */
                    answered_at: string;
                    /**
                     * Format: date-time
                     * @description The moment that was asked about.
                     */
                    at: string;
                    requester: string;
                    partner: string;
                    identifier?: string | null;
                    outcome: components["schemas"]["Answer"]["outcome"];
                    outcome_now: components["schemas"]["Answer"]["outcome"];
                    entry?: string;
                };
                /** Of some recorded answers, those whose outcome would be another now */
                page: {
                    /** @description Answers that were given again. */
                    examined: number;
                    answers: components["schemas"]["Exposure"]["$defs"]["answer"][];
                    searched_to?: components["schemas"]["Exposure"]["searched_to"];
                    next?: string;
                };
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    check: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key and body gets the first answer. */
                "Idempotency-Key"?: string;
                /** @description return=minimal: outcome and consultation number only. */
                Prefer?: string;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckRequest"];
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description The answers to lines of application/x-ndjson, each {line, answer} or {line, problem}. Scope: batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["StreamAnswer"];
                };
            };
            /** @description The answer, recorded under its number. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answer"] | components["schemas"]["MinimalAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key was used for another request. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The content type is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key and body gets the first answer. */
                "Idempotency-Key"?: string;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchRequest"];
            };
        };
        responses: {
            /** @description Each result under its key; a faulty query does not affect the others. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key was used for another request. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The content type is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchAssessments: {
        parameters: {
            query?: {
                /** @description All that are given must fit. */
                identifier?: components["schemas"]["SearchRequest"]["identifier"];
                /** @description All that are given must fit. */
                partner?: components["schemas"]["SearchRequest"]["partner"];
                /** @description A day or moment; answered then or later. */
                from?: components["schemas"]["SearchRequest"]["from"];
                /** @description A day, which counts as a whole, or a moment. */
                to?: components["schemas"]["SearchRequest"]["to"];
                /** @description All that are given must fit. */
                outcome?: components["schemas"]["SearchRequest"]["outcome"];
                /** @description All that are given must fit. */
                requester?: components["schemas"]["SearchRequest"]["requester"];
                /** @description All that are given must fit. */
                entry?: components["schemas"]["SearchRequest"]["entry"];
                /** @description 1 to 100; absent: 50. */
                limit?: components["schemas"]["SearchRequest"]["limit"];
                /** @description The next of the page before. */
                cursor?: components["schemas"]["SearchRequest"]["cursor"];
            };
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, the newest first; next is the cursor of the page after it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    assess: {
        parameters: {
            query?: {
                /** @description The format of an XML declaration; absent: found by its content. */
                profile?: string;
            };
            header?: {
                /** @description A repeated request with the same key and body gets the first answer. */
                "Idempotency-Key"?: string;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Entry"];
                "application/xml": string;
                "text/xml": string;
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description The answers to lines of application/x-ndjson, each {line, assessment} or {line, problem}. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["StreamAssessment"];
                };
            };
            /** @description The assessment, recorded under its number. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Assessment"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key was used for another request. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The content type is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    consultation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description As the answer states it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evidence: {
        parameters: {
            query?: never;
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description As the answer states it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evidence. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evidence"];
                    "text/html; charset=utf-8": string;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    assessment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description As the answer states it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The assessment. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Assessment"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reportEntries: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key and body gets the first answer. */
                "Idempotency-Key"?: string;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EntryEvents"];
            };
        };
        responses: {
            /** @description What was recorded of each event, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryEventsAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key was used for another request. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The content type is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reportEntry: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key and body gets the first answer. */
                "Idempotency-Key"?: string;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path: {
                /** @description The number of the entry, or of its assessment where it has none. */
                number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EntryEvents"];
            };
        };
        responses: {
            /** @description What was recorded of each event, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryEventsAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The event contradicts what is known of the entry, or the idempotency key was used for another request. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The content type is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    partners: {
        parameters: {
            query?: never;
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The partners. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Partners"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changes: {
        parameters: {
            query?: {
                /** @description The number read last; absent: from the first change. */
                after?: number;
                /** @description Most changes of the reply; absent: 100. */
                limit?: number;
                /** @description Of this partner only. */
                partner?: string;
                /** @description restrictions: what ends a recognition, and what is to be read anew. */
                only?: "restrictions";
                /** @description Seconds to wait for the first change; absent: none. */
                wait?: number;
            };
            header?: {
                /** @description With Accept: text/event-stream, the id of the event read last; it counts more than after. */
                "Last-Event-ID"?: number;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes, and what to ask after next. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Changes"];
                    "text/event-stream": string;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No change has this number. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value of the query is out of its range. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    snapshot: {
        parameters: {
            query?: {
                /** @description Id of an earlier copy: only what changed since. */
                from?: string;
            };
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    /** @description Its id. */
                    "MRA-Snapshot"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/gzip": unknown;
                    "text/html; charset=utf-8": unknown;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No copy of this store has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value of the query is out of its range. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reconcileOffline: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key and body gets the first answer. */
                "Idempotency-Key"?: string;
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfflineConsultations"];
            };
        };
        responses: {
            /** @description What was recorded of each, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfflineConsultationsAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key was used for another request. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The content type is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "pass";
                    };
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: {
                /** @description With the state of each list. */
                verbose?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They can. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
            /** @description It is the one of If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchConsultations: {
        parameters: {
            query?: {
                /** @description All that are given must fit. */
                identifier?: components["schemas"]["SearchRequest"]["identifier"];
                /** @description All that are given must fit. */
                partner?: components["schemas"]["SearchRequest"]["partner"];
                /** @description A day or moment; answered then or later. */
                from?: components["schemas"]["SearchRequest"]["from"];
                /** @description A day, which counts as a whole, or a moment. */
                to?: components["schemas"]["SearchRequest"]["to"];
                /** @description All that are given must fit. */
                outcome?: components["schemas"]["SearchRequest"]["outcome"];
                /** @description All that are given must fit. */
                requester?: components["schemas"]["SearchRequest"]["requester"];
                /** @description All that are given must fit. */
                entry?: components["schemas"]["SearchRequest"]["entry"];
                /** @description 1 to 100; absent: 50. */
                limit?: components["schemas"]["SearchRequest"]["limit"];
                /** @description The next of the page before. */
                cursor?: components["schemas"]["SearchRequest"]["cursor"];
            };
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, the newest first; next is the cursor of the page after it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchAnswer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exposure: {
        parameters: {
            query?: {
                /** @description A day or moment: the restriction became known then or later. */
                from?: components["schemas"]["SearchRequest"]["from"];
                /** @description A day, which counts as a whole, or a moment. */
                to?: components["schemas"]["SearchRequest"]["to"];
                /** @description Most restrictions that are looked at; absent: 50. */
                limit?: number;
                /** @description next of the page before. */
                before?: number;
            };
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest first; next is what to ask before for the page after it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exposure"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changedAnswers: {
        parameters: {
            query?: {
                /** @description All that are given must fit. */
                identifier?: components["schemas"]["SearchRequest"]["identifier"];
                /** @description All that are given must fit. */
                partner?: components["schemas"]["SearchRequest"]["partner"];
                /** @description A day or moment; answered then or later. */
                from?: components["schemas"]["SearchRequest"]["from"];
                /** @description A day, which counts as a whole, or a moment. */
                to?: components["schemas"]["SearchRequest"]["to"];
                /** @description All that are given must fit. */
                outcome?: components["schemas"]["SearchRequest"]["outcome"];
                /** @description All that are given must fit. */
                requester?: components["schemas"]["SearchRequest"]["requester"];
                /** @description All that are given must fit. */
                entry?: components["schemas"]["SearchRequest"]["entry"];
                /** @description 1 to 100; absent: 50. */
                limit?: components["schemas"]["SearchRequest"]["limit"];
                /** @description The next of the page before. */
                cursor?: components["schemas"]["SearchRequest"]["cursor"];
            };
            header?: {
                /** @description Returned with the reply, where it has letters, digits and . _ - only. */
                "X-Request-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of the answers of a page those that changed; next is the cursor of the page after it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exposure"]["$defs"]["page"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not show who asks. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is missing. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing of this number that the client may read. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another method is meant. */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request names another host. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request does not follow its schema. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The client sends more requests than it may. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway failed. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The gateway cannot answer now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
