// Who is logged in, and what they may do. The API decides; the console does not offer what it would refuse.
import type { Scope, Session } from "./api";

let scopes: Scope[] = [];

/** The agent for whom the log-in stands; null: nobody. */
export let agent: string | null = null;

/** True where the console can be that agent's phone. */
export let hasPhone = false;

export function setRights(session: Session): void {
  scopes = session.scopes;
  agent = session.agent;
  hasPhone = session.hasPhone;
}

export function may(needed: Scope): boolean {
  return scopes.some((held) => held === needed || held === "admin" || needed === "read");
}
