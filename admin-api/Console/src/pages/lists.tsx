// Members of a step that are lists: targets at PBXs, and agents in their order.
import type { ComponentChildren, VNode } from "preact";
import { named, plain, t } from "../text";
import { Choice, Field } from "../ui";

export type Target = { trunk: string; target?: string | null; rank?: number; weight?: number };

function without<T>(list: T[], i: number): T[] {
  return list.filter((_, at) => at !== i);
}

function List(props: { label: string; children: ComponentChildren }): VNode {
  return <fieldset class="list"><legend>{props.label}</legend>{props.children}</fieldset>;
}

function Remove(props: { one: string; do: () => void }): VNode {
  return <button type="button" class="plain" aria-label={t("flow.without", { one: plain(props.one) })} onClick={props.do}>×</button>;
}

/** A line for each target; a trunk that no running gateway has is kept. */
export function Targets(props: { label: string; of: Target[]; trunks: string[]; set: (of: Target[]) => void }): VNode {
  const { of, set } = props;
  const put = (i: number, change: Partial<Target>) => set(of.map((one, at) => (at === i ? { ...one, ...change } : one)));
  const digits = (text: string) => (text === "" ? undefined : Number(text));
  return (
    <List label={props.label}>
      {of.map((one, i) => (
        <div key={i} class="line">
          <Choice label={named("member", "trunk")} value={one.trunk} set={(trunk) => put(i, { trunk })} required
            of={["", ...new Set([...props.trunks, one.trunk].filter(Boolean))].map((value) => ({ value, text: value || "–" }))} />
          <Field label={named("member", "target")} value={one.target ?? ""} set={(text) => put(i, { target: text || null })} />
          <Field label={named("member", "rank")} type="number" value={String(one.rank ?? 0)} set={(text) => put(i, { rank: digits(text) })} />
          <Field label={named("member", "weight")} type="number" value={String(one.weight ?? 1)} set={(text) => put(i, { weight: digits(text) })} />
          {of.length > 1 && <Remove one={`${one.trunk} ${one.target ?? ""}`} do={() => set(without(of, i))} />}
        </div>
      ))}
      <button type="button" onClick={() => set([...of, { trunk: props.trunks[0] ?? "" }])}>{t("flow.addTarget")}</button>
    </List>
  );
}

/** Agents by their ids, each once; null: none is named. */
export function Agents(props: { label: string; of: string[]; agents: { id: string; name: string }[]; set: (of: string[] | undefined) => void }): VNode {
  const { of } = props;
  const set = (next: string[]) => props.set(next.length > 0 ? next : undefined);
  const nameOf = (id: string) => props.agents.find((one) => one.id === id)?.name ?? id;
  const free = props.agents.filter((one) => !of.includes(one.id));
  return (
    <List label={props.label}>
      <ol>
        {of.map((id, i) => (
          <li key={id}>
            {plain(nameOf(id))}
            {i > 0 && <button type="button" class="plain" aria-label={t("flow.up", { one: plain(nameOf(id)) })}
              onClick={() => set([...of.slice(0, i - 1), id, of[i - 1]!, ...of.slice(i + 1)])}>↑</button>}
            <Remove one={nameOf(id)} do={() => set(without(of, i))} />
          </li>
        ))}
      </ol>
      <Choice label={t("flow.addAgent")} value="" set={(id) => id && set([...of, id])}
        of={[{ value: "", text: "–" }, ...free.map((one) => ({ value: one.id, text: one.name }))]} />
    </List>
  );
}
