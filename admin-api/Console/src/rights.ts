// What the one who is logged in may do. The API decides; the console does not offer what it would refuse.
import type { Scope } from "./api";

let scopes: Scope[] = [];

export function setScopes(granted: Scope[]): void {
  scopes = granted;
}

export function may(needed: Scope): boolean {
  return scopes.some((held) => held === needed || held === "admin" || needed === "read");
}
