// Uses the admin API through a client whose types were generated from its document. Exits with 0 when every result is as expected.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[]; exit(code: number): never };

const [, , url = "", key = ""] = process.argv;
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
const suffix = Math.random().toString(36).slice(2, 10);

function expect(holds: boolean, what: string): void {
  if (!holds) {
    console.error(`not so: ${what}`);
    process.exit(1);
  }
  console.log(what);
}

function found<T>(answer: { data?: T; error?: unknown; response: Response }, what: string): T {
  if (answer.data === undefined) {
    console.error(`${what}: ${answer.response.status} ${JSON.stringify(answer.error)}`);
    process.exit(1);
  }
  console.log(what);
  return answer.data;
}

const calls: components["schemas"]["CallView"][] = [];
for (let cursor: string | undefined; ; ) {
  const page = found(await api.GET("/v1/calls", { params: { query: { limit: 2, direction: "outbound", cursor } } }), "a page of calls");
  calls.push(...page.items);
  if (page.next === null) break;
  cursor = page.next;
}
expect(calls.some((call) => call.cause === "not_permitted" && call.whatsAppError?.code === 138006), "a call with Meta's own code");
found(await api.GET("/v1/calls/{id}", { params: { path: { id: calls[0]!.id } } }), "a call with its timeline");
found(await api.GET("/v1/calls/live"), "live calls");

const card = found(await api.POST("/v1/rate-cards", { body: { id: `ts-${suffix}`, name: "from the client", currency: "EUR" } }), "a rate card");
const created = await api.POST("/v1/accounts", {
  body: { id: `ts-${suffix}`, name: "from the client", currency: "EUR", rateCard: card.id, minimumInbound: "10.00", minimumOutbound: "10.00" },
});
const account = found(created, "an account");
const topUp = { params: { path: { account: account.id }, header: { "Idempotency-Key": `ts-${suffix}` } }, body: { amount: "9.98", currency: "EUR" } };
const first = found(await api.POST("/v1/accounts/{account}/top-ups", topUp), "a top-up");
const again = found(await api.POST("/v1/accounts/{account}/top-ups", topUp), "the same top-up");
expect(first.id === again.id, "a repeated top-up moves money once");
const read = await api.GET("/v1/accounts/{account}", { params: { path: { account: account.id } } });
const balance = found(read, "the account again");
expect(balance.balance === "9.98" && balance.inbound.topUpNeeded && balance.inbound.shortfall === "0.02", "9.98 is below 10");

const missed = found(await api.GET("/v1/missed-calls", { params: { query: { state: "open", limit: 1 } } }), "missed calls").items[0]!;
const entry = await api.GET("/v1/missed-calls/{callId}", { params: { path: { callId: missed.callId } } });
const version = { path: { callId: missed.callId }, header: { "If-Match": entry.response.headers.get("ETag")! } };
const assigned = found(await api.PUT("/v1/missed-calls/{callId}", { params: version, body: { state: "assigned", assignee: "anna" } }), "an assignment");
expect(assigned.state === "assigned" && assigned.version === missed.version + 1, "the new state");
const stale = await api.PUT("/v1/missed-calls/{callId}", { params: version, body: { state: "closed" } });
expect(stale.response.status === 412 && stale.error?.code === "stale_version", "a stale change is refused with its code");

const made = found(await api.POST("/v1/keys", { body: { name: "reader", scopes: ["read"] } }), "a key");
const reader = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${made.text}` } });
found(await reader.GET("/v1/events", { params: { query: { kinds: "call.missed,balance.topped_up" } } }), "the timeline, by that key");
const forbidden = await reader.GET("/v1/audit");
expect(forbidden.response.status === 403 && forbidden.error?.code === "forbidden_scope", "the audit log is not for readers");
const changes = found(await api.GET("/v1/audit", { params: { query: { subject: `key:${made.key.id}` } } }), "the audit log");
expect(changes.items[0]?.action === "key.create" && changes.items[0].before === null, "who made the key");
