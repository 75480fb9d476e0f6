// Findings on disk: one JSON file each under fuzz/findings, which git ignores.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexToBytes, utf8ToBytes } from '../primitives/bytes.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import type { FoundFault } from './runner.ts';

/** From the directory in which npm runs scripts: the project's root. */
const DIRECTORY = join(process.cwd(), 'fuzz', 'findings');

/** Writes a finding and returns its path. */
export function saveFinding(finding: FoundFault): string {
  mkdirSync(DIRECTORY, { recursive: true });
  const id = Buffer.from(keccak256(utf8ToBytes(finding.what + finding.minimisedHex)).subarray(0, 4)).toString('hex');
  const path = join(DIRECTORY, `${finding.target}-${id}.json`);
  const text = new TextDecoder().decode(hexToBytes(finding.minimisedHex));
  writeFileSync(path, `${JSON.stringify({ ...finding, minimisedText: text }, null, 2)}\n`);
  return path;
}

/** The target and inputs of a saved finding, in order, the one at fault last. */
export function loadFinding(path: string): { target: string; inputs: readonly Uint8Array[] } {
  const { target, beforeHex, minimisedHex } = JSON.parse(readFileSync(path, 'utf8')) as FoundFault;
  return { target, inputs: [...beforeHex, minimisedHex].map((hex) => hexToBytes(hex as `0x${string}`)) };
}
