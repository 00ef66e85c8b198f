// The generated client of the admin API, with the browser's session and one kind of error.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];
export type Scope = "read" | "operate" | "billing" | "admin";
export type Session = { actor: string | null; scopes: Scope[]; expiresAt: string | null; hasOidc: boolean; agent: string | null; hasPhone: boolean };

/** No form and no other origin can send it: the session alone changes nothing. */
const headers = { "X-Console": "1" };

export const api = createClient<paths>({ baseUrl: location.origin, headers });

export type FieldFault = { field: string; message: string };

/** An answer that is no success; status 0: there was none. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: FieldFault[] = [],
    readonly request: string | null = null,
  ) {
    super(message);
  }
}

/** Told when a session no longer holds. */
export const onSignedOut: { tell: () => void } = { tell: () => {} };

type Answer<T> = { data?: T; error?: unknown; response: Response };

async function errorOf(response: Response, problem: unknown): Promise<ApiError> {
  const known = (typeof problem === "object" && problem !== null ? problem : {}) as {
    code?: string; title?: string; detail?: string; errors?: FieldFault[];
  };
  if (response.status === 401) onSignedOut.tell();
  return new ApiError(
    response.status, known.code ?? `http_${response.status}`, known.detail ?? known.title ?? `HTTP ${response.status}`,
    known.errors ?? [], response.headers.get("X-Request-Id"));
}

/** The data of an answer; throws an ApiError. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
  let got: Answer<T>;
  try {
    got = await answer;
  } catch (e) {
    throw new ApiError(0, "unreachable", e instanceof Error ? e.message : String(e));
  }
  if (!got.response.ok) throw await errorOf(got.response, got.error);
  return got.data as T;
}

/** The ETag of a version, for If-Match. */
export const match = (version: number | string) => ({ "If-Match": `"${version}"` });

/** A request that spends or sends: made once, sent again with the same key. */
export const once = (key: string = crypto.randomUUID()) => ({ "Idempotency-Key": key });

/** The address of a file of the API, for links. */
export function fileAt(path: string, query: Record<string, string | boolean | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `${path}?${new URLSearchParams(given).toString()}`;
}

async function plainRequest(method: string, path: string, body?: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (e) {
    throw new ApiError(0, "unreachable", e instanceof Error ? e.message : String(e));
  }
}

export async function session(): Promise<Session> {
  const response = await plainRequest("GET", "/console/session");
  if (!response.ok) throw await errorOf(response, await response.json().catch(() => null));
  return (await response.json()) as Session;
}

export async function signIn(body: { key: string } | { link: string }): Promise<void> {
  const response = await plainRequest("POST", "/console/session", body);
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    throw new ApiError(response.status, problem.code ?? "", problem.detail ?? `HTTP ${response.status}`);
  }
}

export async function signOut(): Promise<void> {
  await plainRequest("DELETE", "/console/session");
}

/** A body that is no JSON, for which the generated client has no form. */
export async function upload<T>(path: string, type: string, body: Blob | string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", headers: { ...headers, "Content-Type": type }, body });
  } catch (e) {
    throw new ApiError(0, "unreachable", e instanceof Error ? e.message : String(e));
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw await errorOf(response, answer);
  return answer as T;
}
