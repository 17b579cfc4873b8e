#!/usr/bin/env node
/**
 * Verifies an evidence file: node verify-evidence.js FILE KEY
 *
 * FILE may also have the text of the QR code of a printed answer (MRA1:…), or be the page itself: the code has all of the evidence but for the
 * message of the partner.
 *
 * KEY is the public key of the log (`mra audit key`), obtained from the administration by another way than the file. This program imports
 * nothing but Node itself and needs no network: copy it, read it, keep it.
 *
 * What is verified, from the outside in:
 *   1. the file is canonical JSON (RFC 8785), so that no byte of it means nothing;
 *   2. the checkpoint is signed with KEY (C2SP signed-note, Ed25519);
 *   3. the entry of the log is among those that the checkpoint covers (RFC 6962, 2.1.1);
 *   4. the answer is the one of that entry: number, time, requester, and SHA-256 of its canonical JSON;
 *   5. the message of the partner is in the same log, and its bytes have the digest that was recorded when it was applied.
 */

import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** @param {string} text @returns {Buffer} Throws for text that is not the one base64 of its bytes. */
function bytesOf(text) {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Error('a value is not base64');
  return bytes;
}

/** @param {unknown} value @returns {string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** The tree size and root of a checkpoint that KEY signed. @param {string} note @param {string} verifierKey */
function openCheckpoint(note, verifierKey) {
  const [name = '', id = '', key = ''] = splitKey(verifierKey);
  const raw = bytesOf(key);
  if (raw.length !== 33 || raw[0] !== 1) throw new Error('the key is not an Ed25519 key of a log');
  if (sha256(`${name}\n`, raw).subarray(0, 4).toString('hex') !== id) throw new Error('the key is mistyped');
  const match = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n\n— (\S+) (\S+)\n$/u.exec(note);
  if (match === null) throw new Error('the checkpoint is not a signed note');
  const [, origin = '', size = '', root = '', signer = '', signed = ''] = match;
  if (origin !== name || signer !== name) throw new Error(`the checkpoint is of another log, ${origin}`);
  const signature = bytesOf(signed);
  const text = Buffer.from(`${origin}\n${size}\n${root}\n`);
  const prefix = Buffer.from('302a300506032b6570032100', 'hex'); // RFC 8410
  const publicKey = createPublicKey({ key: Buffer.concat([prefix, raw.subarray(1)]), format: 'der', type: 'spki' });
  const isSigned =
    signature.subarray(0, 4).toString('hex') === id && verify(null, text, publicKey, signature.subarray(4));
  if (!isSigned) throw new Error('the checkpoint is not signed with this key');
  return { size: Number(size), root: bytesOf(root) };
}

/** `name+id+key`: base64 may hold plus signs, a name may not. @param {string} verifierKey */
function splitKey(verifierKey) {
  const [name, id, ...rest] = verifierKey.trim().split('+');
  return [name, id, rest.join('+')];
}

/** RFC 9162, 2.1.3.2. @param {{ entry: { n: number }, inclusion: string[] }} proven @param {{ size: number, root: Buffer }} tree */
function assertIncluded({ entry, inclusion }, { size, root }) {
  const { n } = entry;
  if (!Number.isSafeInteger(n) || n < 1 || n > size) throw new Error(`the checkpoint does not cover entry ${n}`);
  let [index, last] = [n - 1, size - 1];
  let hash = sha256('\0', canonical(entry));
  for (const text of inclusion) {
    const beside = bytesOf(text);
    if (last === 0) throw new Error('the proof of inclusion is too long');
    if (index % 2 === 1 || index === last) {
      hash = sha256('\u0001', beside, hash);
      while (index % 2 === 0 && index !== 0) [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
    } else hash = sha256('\u0001', hash, beside);
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  if (last !== 0 || !hash.equals(root)) throw new Error(`entry ${n} is not in the log that was signed`);
}

function assertAnswer({ answer, entry }) {
  const { proof, ...given } = answer;
  const digest = `sha-256:${sha256(canonical(given)).toString('base64url')}`;
  const stated = {
    at: proof.issued_at,
    detail: {
      answer_digest: proof.answer_digest,
      outcome: given.outcome,
      partner: given.subject.partner,
      requester: proof.requester,
    },
    kind: 'consultation',
    // An answer that was given while the store was away does not know its place.
    n: proof.log_index ?? entry.n,
    ref: proof.consultation_number,
  };
  const members = Object.keys(proof).filter((name) => name !== 'log_index');
  const known = ['answer_digest', 'consultation_number', 'issued_at', 'requester'];
  if (members.join() !== known.join()) throw new Error('the proof has other members than those it should');
  if (digest !== proof.answer_digest) throw new Error('the answer is not the one that was recorded');
  if (canonical(stated) !== canonical(entry)) throw new Error('the entry of the log is about another answer');
}

function assertSource({ entry, bytes }, { answer }) {
  if (entry.detail.partner !== answer.subject.partner) throw new Error('the message is of another partner');
  if (!/_applied$/u.test(entry.kind)) throw new Error('the message was not applied');
  if (bytes !== undefined && sha256(bytesOf(bytes)).toString('hex') !== entry.detail.digest)
    throw new Error('the bytes of the message are not those that were recorded');
}

const base45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** RFC 9285. @param {string} text @returns {Buffer} */
function bytesOfBase45(text) {
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = Array.from(text.slice(at, at + 3), (character) => base45.indexOf(character));
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const count = digits.length - 1;
    if (count < 1 || value >= 256 ** count) throw new Error('the code was cut or mistyped');
    bytes.push(...(count === 2 ? [value >> 8, value & 255] : [value]));
  }
  return Buffer.from(bytes);
}

/** More than any code holds. */
const longestEvidence = 256 * 1024;

/** The evidence as JSON, of a file, a page or the text of a code. Throws an Error. @param {string} text @returns {string} */
export function evidenceText(text) {
  // A page may name an operator so: the code is the last.
  const [, code] = [...text.slice(0, longestEvidence).matchAll(/MRA1:([0-9A-Z $%*+./:-]+)/gu)].at(-1) ?? [];
  if (code === undefined || text.startsWith('{')) return text;
  try {
    const json = inflateRawSync(bytesOfBase45(code.trimEnd()), { maxOutputLength: longestEvidence });
    return `${json.toString('utf8')}\n`;
  } catch {
    throw new Error('the code was cut or mistyped');
  }
}

/**
 * What the evidence proves. Throws an Error that says what does not fit.
 * @param {string} given the evidence file @param {string} verifierKey the public key of the log
 * @returns {import('./verify-evidence.d.ts').ProvenWords}
 */
export function verifyEvidence(given, verifierKey) {
  const text = evidenceText(given);
  let evidence;
  try {
    evidence = JSON.parse(text);
  } catch {
    throw new Error('the file is not JSON');
  }
  if (`${canonical(evidence)}\n` !== text) throw new Error('the file was changed: it is not canonical JSON');
  if (evidence?.format !== 'mra-evidence/1') throw new Error('the file is no evidence of the format mra-evidence/1');
  const members = Object.keys(evidence).filter((name) => name !== 'source');
  if (members.join() !== 'answer,checkpoint,entry,format,inclusion') throw new Error('the file has other members');
  const tree = openCheckpoint(evidence.checkpoint, verifierKey);
  assertIncluded(evidence, tree);
  assertAnswer(evidence);
  const { source, answer } = evidence;
  if (source !== undefined) {
    const own = Object.keys(source).filter((name) => name !== 'bytes');
    if (own.join() !== 'entry,inclusion') throw new Error('the message has other members');
    assertIncluded(source, tree);
    assertSource(source, evidence);
  }
  const { outcome, subject, advice, at } = answer;
  const { consultation_number: number, issued_at: answeredAt, requester } = answer.proof;
  const { partner, identifier_as_sent: sent, name, status } = subject;
  const about = { partner, identifier: subject.identifier ?? sent, name, status, advice };
  return { number, outcome, ...about, at, answeredAt, requester, message: source?.entry.ref };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, key] = process.argv.slice(2);
  try {
    if (file === undefined || key === undefined)
      throw new Error('usage: node verify-evidence.js FILE KEY (KEY: of mra audit key)');
    console.log(JSON.stringify(verifyEvidence(readFileSync(file, 'utf8'), key)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
