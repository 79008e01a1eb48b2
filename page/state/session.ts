/** Who the visitor is to the service, and what they may do. The key is kept for the tab, and never in the URL. */

import { computed, signal } from '@preact/signals';
import { ProblemError } from '../api/problem.ts';
import { send, useCredential } from '../api/send.ts';
import { keep, readKept } from '../storage.ts';

export type Scope = 'cars:read' | 'cars:write' | 'admin';

export interface Session {
  /** Null for a service without authentication, and for a visitor without a key. */
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  readonly hasKey: boolean;
}

const KEPT = 'cars-api-key';

/** Undefined until it is known. */
export const session = signal<Session | undefined>(undefined);

/** Why the visitor must sign in: there is no key, it was rejected, or it was accepted and no longer is. */
export const signInReason = signal<'needed' | 'rejected' | 'expired' | undefined>(undefined);

/** What kept the page from asking who the visitor is. */
export const sessionError = signal<unknown>(undefined);

export const mayWrite = computed(() => session.value?.scopes.includes('cars:write') ?? false);
export const mayRead = computed(() => session.value?.scopes.includes('cars:read') ?? false);

/** Whether the service lets anybody read, and asks for a key for all else. */
export const isAnonymous = computed(() => session.value?.hasKey === false && !mayWrite.value);

/** A history names people, so it is never public. */
export const maySeeHistory = computed(() => mayRead.value && !isAnonymous.value);

/** Asks who the visitor is, with the key of an earlier visit in this tab. */
export async function startSession(): Promise<void> {
  sessionError.value = undefined;
  try {
    await useKey(readKept('sessionStorage', KEPT) ?? '', true);
  } catch (error) {
    sessionError.value = error;
  }
}

/** Uses the key if the service accepts it. Throws if the service cannot be asked: the visitor sees this at once, and decides. */
export async function signIn(key: string): Promise<void> {
  await useKey(key, false);
}

async function useKey(key: string, repeatable: boolean): Promise<void> {
  useCredential(key, () => {});
  try {
    const { name, scopes }: Session = await (await send('/me', { repeatable })).json();
    begin({ name, scopes, hasKey: key !== '' }, key);
  } catch (error) {
    useCredential('', () => {});
    if (!(error instanceof ProblemError && error.problem.status === 401)) throw error;
    forgetKey();
    signInReason.value = key === '' ? 'needed' : 'rejected';
  }
}

export function askForKey(): void {
  signInReason.value = 'needed';
}

/** Returns to what the service lets everybody see. */
export function stopAsking(): void {
  signInReason.value = undefined;
}

/** Returns to what the page shows without a key. */
export async function signOut(): Promise<void> {
  forgetKey();
  session.value = undefined;
  await startSession();
}

function begin(next: Session, key: string): void {
  if (key !== '') keep('sessionStorage', KEPT, key);
  useCredential(key, endSession);
  signInReason.value = undefined;
  session.value = next;
}

/** The service no longer accepts the key. */
function endSession(): void {
  forgetKey();
  session.value = undefined;
  signInReason.value = 'expired';
}

function forgetKey(): void {
  keep('sessionStorage', KEPT);
  useCredential('', () => {});
}
