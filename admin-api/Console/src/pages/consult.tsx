// A consultation of the agent whose page this is: somebody is asked before the call is handed over.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { plain, t } from "../text";
import { Act, notify } from "../ui";

type LiveCall = Schema["LiveCallView"];

/** How often it is looked for, in milliseconds: its steps make no event. */
const look = 1000;

/** How long the gateway may take to begin it, in milliseconds. */
const patience = 10_000;

export type Consultation = { state: LiveCall["consultation"]; call: LiveCall | undefined; who: string; begin: (who: string) => void; end: () => void; reload: () => void };

/**
 * How far it is. It is looked for once, since it lasts over reloads of the page, and then only while there is one.
 * @param find The call as the gateway has it.
 * @param of What the call is found by.
 */
export function useConsultation(find: () => Promise<LiveCall | undefined>, of: unknown[]): Consultation {
  const [asked, setAsked] = useState<{ who: string; at: number; hasBegun: boolean }>();
  const { data: call, reload } = useData(find, of, [], asked ? look : 0);
  const state = call?.consultation ?? "none";
  useEffect(() => {
    if (state !== "none") setAsked((before) => ({ ...(before ?? { who: "", at: 0 }), hasBegun: true }));
    else if (asked && call && (asked.hasBegun || Date.now() - asked.at > patience)) {
      setAsked(undefined);
      notify(t("consult.over"));
    }
  }, [call]);
  return {
    state, call, who: asked?.who || t("consult.somebody"), begin: (who) => setAsked({ who, at: Date.now(), hasBegun: false }),
    end: () => setAsked(undefined), reload,
  };
}

export function Consult(props: { of: Consultation }): VNode | null {
  const { state, call, who, end, reload } = props.of;
  if (state === "none" || !call) return null;
  const path = { params: { path: { id: call.id } } };
  return (
    <div class="consult">
      <p role="status">{t(`consult.${state}`, { who: plain(who) })}</p>
      <div class="actions">
        <Act tone="first" disabled={state !== "answered"} done={t("consult.connected")} do={async () => { await ask(api.POST("/v1/calls/{id}/transfer/complete", path)); end(); }}>{t("consult.complete")}</Act>
        <Act do={async () => { await ask(api.POST("/v1/calls/{id}/transfer/cancel", path)); reload(); }}>{t("consult.back")}</Act>
      </div>
    </div>
  );
}
