/** What verify-evidence.js offers the program; it stands alone and needs none of this. */

export function verifyEvidence(
  text: string,
  verifierKey: string,
): {
  readonly number: string;
  readonly outcome: string;
  readonly answeredAt: string;
  readonly requester: string;
  readonly message: string | undefined;
};

/** The evidence as JSON, of a file, a page or the text of a code. Throws an Error. */
export function evidenceText(text: string): string;
