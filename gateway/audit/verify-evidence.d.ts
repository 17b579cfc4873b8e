/** What verify-evidence.js offers the program; it stands alone and needs none of this. */

/** What is proven: everything that a reader compares with the words of a printed page. */
interface ProvenWords {
  readonly number: string;
  readonly outcome: string;
  readonly partner: string;
  /** In its usual form; an invalid identifier as it was sent. */
  readonly identifier: string | undefined;
  readonly name: string | undefined;
  readonly status: string | undefined;
  readonly advice: { readonly action: string; readonly benefits: readonly string[] };
  readonly at: string;
  readonly answeredAt: string;
  readonly requester: string;
  readonly message: string | undefined;
}

export function verifyEvidence(text: string, verifierKey: string): ProvenWords;

/** The evidence as JSON, from a file, a page or the text of a code. Throws an Error. */
export function evidenceText(text: string): string;
