/** The package has types, and its exports do not lead to them. */
declare module 'cephes' {
  export const compiled: Promise<void>;
  /** The inverse of the regularised incomplete beta function. */
  export function incbi(a: number, b: number, part: number): number;
}
