// Plots, drawn as SVG from the API's statistics; beside each the same numbers as a table.
import type { VNode } from "preact";
import { t } from "./text";

export type Series = { name: string; color: number; values: (number | null)[] };

const width = 640, height = 220, left = 44, right = 8, top = 10, bottom = 24;

/** A round number at or above a value, so that the axis has round marks. */
function roof(value: number): number {
  if (value <= 0) return 1;
  const scale = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((step) => step * scale).find((step) => step >= value * 0.999) ?? value;
}

export function Plot(props: {
  title: string; labels: string[]; series: Series[]; kind: "bars" | "lines"; format: (value: number) => string; max?: number; min?: number;
}): VNode {
  const { labels, series } = props;
  const low = props.min ?? 0;
  const sums = labels.map((_, i) => (props.kind === "bars" ? series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0)
    : Math.max(0, ...series.map((one) => one.values[i] ?? 0))));
  const high = props.max ?? roof(Math.max(0, ...sums));
  const step = (width - left - right) / Math.max(1, labels.length);
  const x = (i: number) => left + step * (i + 0.5);
  const y = (value: number) => top + (height - top - bottom) * (1 - (value - low) / (high - low));
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (high - low));
  const every = Math.ceil(labels.length / 8);
  const hasData = series.some((one) => one.values.some((value) => value !== null && value !== 0));
  return (
    <figure class="plot">
      <figcaption>
        <h2>{props.title}</h2>
        {series.length > 1 && <ul class="legend">{series.map((one) => <li key={one.name}><i class={`ink-${one.color}`} />{one.name}</li>)}</ul>}
      </figcaption>
      {!hasData ? <p class="empty">{t("plot.empty")}</p> : (
        <>
          <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={props.title}>
            {marks.map((mark) => (
              <g key={mark} class="mark">
                <line x1={left} x2={width - right} y1={y(mark)} y2={y(mark)} />
                <text x={left - 6} y={y(mark) + 4} text-anchor="end">{props.format(mark)}</text>
              </g>
            ))}
            {labels.map((label, i) => i % every === 0 && <text key={i} class="label" x={x(i)} y={height - 6} text-anchor="middle">{label}</text>)}
            {props.kind === "bars" ? bars(labels, series, x, y, step, props.format) : lines(series, x, y)}
          </svg>
          <details>
            <summary>{t("plot.table")}</summary>
            <div class="scroll" tabIndex={0} role="region" aria-label={props.title}>
              <table>
                <thead><tr><th scope="col">{t("time")}</th>{series.map((one) => <th scope="col" class="number" key={one.name}>{one.name}</th>)}</tr></thead>
                <tbody>{labels.map((label, i) => (
                  <tr key={i}><th scope="row">{label}</th>{series.map((one) => <td key={one.name} class="number">{one.values[i] === null || one.values[i] === undefined ? "–" : props.format(one.values[i])}</td>)}</tr>
                ))}</tbody>
              </table>
            </div>
          </details>
        </>
      )}
    </figure>
  );
}

function bars(
  labels: string[], series: Series[], x: (i: number) => number, y: (value: number) => number, step: number, format: (value: number) => string,
): VNode[] {
  return labels.map((label, i) => {
    let from = 0;
    return (
      <g key={i}>
        {series.map((one) => {
          const value = one.values[i] ?? 0;
          const to = from + value;
          const bar = <rect key={one.name} class={`ink-${one.color}`} x={x(i) - step * 0.38} width={step * 0.76} y={y(to)} height={Math.max(0, y(from) - y(to))} rx={Math.min(2, step / 6)}><title>{`${label} · ${one.name}: ${format(value)}`}</title></rect>;
          from = to;
          return bar;
        })}
      </g>
    );
  });
}

function lines(series: Series[], x: (i: number) => number, y: (value: number) => number): VNode[] {
  return series.map((one) => {
    let isOpen = false;
    const path = one.values.map((value, i) => {
      if (value === null) {
        isOpen = false;
        return "";
      }
      const command = `${isOpen ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      isOpen = true;
      return command;
    }).join("");
    return (
      <g key={one.name}>
        <path class={`line ink-${one.color}`} d={path} />
        {one.values.map((value, i) => value !== null && <circle key={i} class={`ink-${one.color}`} cx={x(i)} cy={y(value)} r={2.5} />)}
      </g>
    );
  });
}
