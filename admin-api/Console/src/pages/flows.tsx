import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ApiError, ask, match, type Schema } from "../api";
import { useData, usePages } from "../data";
import { may } from "../rights";
import { go } from "../route";
import { named, t } from "../text";
import { Badge, Card, Choice, Fault, Field, FormDialog, Link, Loaded, Name, notify, Page, PagedTable, Table, When } from "../ui";
import { useAgents, useChannels } from "./shared";
import { type Step, StepForm, useNames } from "./step";

type Flow = Schema["FlowView"];
type Steps = Schema["FlowRequest"]["steps"];

export function Flows(): VNode {
  const [isNew, setNew] = useState(false);
  const pages = usePages((cursor) => ask(api.GET("/v1/flows", { params: { query: { cursor } } })), []);
  return (
    <Page title={t("flows")} actions={may("admin") && <button type="button" onClick={() => setNew(true)}>{t("flow.new")}</button>}>
      <PagedTable pages={pages} caption={t("flows")} keyOf={(one) => one.id ?? ""} empty={t("flow.none")} columns={[
        { head: t("flow"), cell: (one) => <Link to={`/flows/${one.id}`}><Name text={one.name} /></Link> },
        { head: t("id"), cell: (one) => one.id },
        { head: t("flow.steps"), isNumber: true, cell: (one) => Object.keys(one.steps).length },
        { head: t("version"), isNumber: true, cell: (one) => one.version },
        { head: t("saved"), cell: (one) => <><When at={one.savedAt} /> <small class="quiet">{one.savedBy}</small></> },
      ]} />
      {isNew && <NewFlow onClose={() => setNew(false)} />}
    </Page>
  );
}

function NewFlow(props: { onClose: () => void }): VNode {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  return (
    <FormDialog title={t("flow.new")} submit={t("create")} onClose={props.onClose} send={async () => {
      const steps = { end: { kind: "refuse", reason: "no_answer" } } as unknown as Steps;
      await ask(api.POST("/v1/flows", { body: { id, name, start: "end", steps, language: "en" } }));
      go(`/flows/${id}`);
    }}>
      <Field label={t("id")} value={id} set={setId} required hint={t("id.hint")} />
      <Field label={t("name")} value={name} set={setName} required />
    </FormDialog>
  );
}

/** A flow as a form: each step with its members; and an imagined call through it. */
export function FlowPage(props: { id: string }): VNode {
  const state = useData(() => ask(api.GET("/v1/flows/{id}", { params: { path: { id: props.id } } })), [props.id]);
  return (
    <Page title={t("flow")} actions={<Link to="/flows" class="button">{t("flows")}</Link>}>
      <Loaded state={state}>{(flow) => <><FlowForm key={flow.version} flow={flow} onSaved={state.reload} /><DryRun flow={flow} /></>}</Loaded>
    </Page>
  );
}

function FlowForm(props: { flow: Flow; onSaved: () => void }): VNode {
  const { flow } = props;
  const [name, setName] = useState(flow.name);
  const [start, setStart] = useState(flow.start);
  const [language, setLanguage] = useState(flow.language);
  const [steps, setSteps] = useState(Object.entries(flow.steps as Record<string, Step>));
  const names = useNames();
  const [added, setAdded] = useState("");
  const [error, setError] = useState<ApiError>();
  const put = (i: number, step: Step) => setSteps(steps.map((one, at): [string, Step] => (at === i ? [one[0], step] : one)));
  const save = async (e: Event) => {
    e.preventDefault();
    setError(undefined);
    try {
      await ask(api.PUT("/v1/flows/{id}", {
        params: { path: { id: flow.id ?? "" }, header: match(flow.version) },
        body: { name, start, language, languages: flow.languages, steps: Object.fromEntries(steps) as unknown as Steps },
      }));
      notify(t("saved"));
      props.onSaved();
    } catch (fault) {
      setError(fault instanceof ApiError ? fault : new ApiError(0, "defect", String(fault)));
    }
  };
  const isAdmin = may("admin");
  return (
    <form onSubmit={(e) => void save(e)}>
      <fieldset disabled={!isAdmin} class="bare">
        <div class="filters">
          <Field label={t("name")} value={name} set={setName} required />
          <Choice label={t("flow.start")} value={start} set={setStart} of={steps.map(([value]) => ({ value, text: value }))} />
          <Field label={t("language")} value={language} set={setLanguage} required />
        </div>
        <div class="cards">
          {steps.map(([id, step], i) => (
            <Card key={id} title={id} actions={isAdmin && <button type="button" onClick={() => setSteps(steps.filter((_, at) => at !== i))}>{t("remove")}</button>}>
              <StepForm step={step} names={{ ...names, steps: steps.map(([one]) => one) }} set={(next) => put(i, next)} />
            </Card>
          ))}
        </div>
        {isAdmin && (
          <div class="filters">
            <Field label={t("flow.newStep")} value={added} set={setAdded} />
            <button type="button" disabled={!added || steps.some(([id]) => id === added)}
              onClick={() => { setSteps([...steps, [added, { kind: "refuse", reason: "no_answer" }]]); setAdded(""); }}>{t("flow.add")}</button>
            <button type="submit" class="first">{t("save")}</button>
          </div>
        )}
      </fieldset>
      {error && <Fault error={error} />}
    </form>
  );
}

function DryRun(props: { flow: Flow }): VNode {
  const channels = useChannels();
  const agents = useAgents();
  const [channel, setChannel] = useState("");
  const [number, setNumber] = useState("");
  const [keys, setKeys] = useState("");
  const [available, setAvailable] = useState("");
  const [error, setError] = useState<ApiError>();
  const [run, setRun] = useState<Schema["DryRunView"]>();
  const go = async (e: Event) => {
    e.preventDefault();
    setError(undefined);
    try {
      setRun(await ask(api.POST("/v1/flows/{id}/dry-run", {
        params: { path: { id: props.flow.id ?? "" } },
        body: {
          channel, number: number || null, keys: keys.split(/[\s,]+/).filter(Boolean), available: available ? [available] : [],
          daysSinceLast: 0, isAnswered: true,
        },
      })));
    } catch (fault) {
      setError(fault instanceof ApiError ? fault : new ApiError(0, "defect", String(fault)));
    }
  };
  return (
    <Card title={t("dryRun")}>
      <form class="filters" onSubmit={(e) => void go(e)}>
        <Choice label={t("channel")} value={channel} set={setChannel} required
          of={[{ value: "", text: t("choose") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
        <Field label={t("user")} value={number} set={setNumber} placeholder="+49 …" />
        <Field label={t("dryRun.keys")} value={keys} set={setKeys} placeholder="1 2" />
        <Choice label={t("dryRun.available")} value={available} set={setAvailable}
          of={[{ value: "", text: t("nobody") }, ...agents.map((one) => ({ value: one.id ?? "", text: one.name }))]} />
        <button type="submit">{t("dryRun.run")}</button>
      </form>
      {error && <Fault error={error} />}
      {run && (
        <>
          <Table caption={t("dryRun")} rows={run.steps} keyOf={(one) => one.step + one.why} empty="" columns={[
            { head: t("flow.step"), cell: (one) => one.step }, { head: t("dryRun.why"), cell: (one) => one.why }, { head: t("dryRun.next"), cell: (one) => one.next ?? "–" },
          ]} />
          <p><Badge tone="good">{named("end", run.end)}</Badge> {run.agent ?? ""}</p>
        </>
      )}
    </Card>
  );
}
