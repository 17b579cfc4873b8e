/** Signatures in files of their own, beside those of the messages. */

import type { FileFault, FileStore } from './file-store.ts';
import type { FilePoll } from './transport.ts';

/** A file of its own for the signature of each message, both ways. */
export interface SignatureFile {
  /** The name of the signature's file, by that of the message. */
  of(file: string): string;
  split(message: Uint8Array): { readonly body: Uint8Array; readonly signature: Uint8Array };
  /** `signature`: undefined where the file does not stand there. */
  join(body: Uint8Array, signature: Uint8Array | undefined): Uint8Array;
}

interface Place {
  readonly store: FileStore;
  use<T>(work: (store: FileStore) => Promise<T>, failed: (fault: FileFault) => T): Promise<T>;
  readonly signature: SignatureFile;
  readonly folders: { readonly in: string; readonly archive?: string };
  readonly then: 'archive' | 'delete' | 'keep';
}

const maxSignatureBytes = 256 * 1024;

/** The message with its signature, whose file leaves after it: one that stays behind after a crash speaks for no other message. */
export async function withSignature(
  { store, use, signature, folders, then }: Place,
  taken: FilePoll & { readonly kind: 'file' },
): Promise<FilePoll> {
  const name = signature.of(taken.name);
  const path = `${folders.in}/${name}`;
  const found = await store.find(path);
  const bytes = signature.join(taken.bytes, found && (await store.read(path, maxSignatureBytes)));
  return {
    ...taken,
    bytes,
    async finish() {
      const failed = await taken.finish();
      if (failed !== undefined || found === undefined || then === 'keep') return failed;
      return await use(
        async (later) => {
          // The partner replaced the message meanwhile, and this signature may be of the new one.
          if ((await later.find(`${folders.in}/${taken.name}`)) !== undefined) return undefined;
          const isKept = then === 'archive' && folders.archive !== undefined;
          await (isKept ? later.rename(path, `${folders.archive ?? ''}/${name}`) : later.remove(path));
          return undefined;
        },
        ({ message }) => message,
      );
    },
  };
}
