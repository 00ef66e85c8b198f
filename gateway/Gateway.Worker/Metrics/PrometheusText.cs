using System.Globalization;
using System.Text;

namespace Gateway.Worker.Metrics;

/// <summary>Writes the Prometheus text exposition format, version 0.0.4 (prometheus.io: "Exposition formats").</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    public void Header(string name, string type, string help) =>
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
            .Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    public void Sample(string name, IReadOnlyList<KeyValuePair<string, string>> labels, double value, string? le = null)
    {
        _text.Append(name);
        if (labels.Count > 0 || le is not null)
        {
            _text.Append('{');
            foreach (var (key, text) in labels)
                _text.Append(key).Append("=\"").Append(Escape(text)).Append("\",");
            if (le is not null)
                _text.Append("le=\"").Append(le).Append("\",");
            _text.Length--;
            _text.Append('}');
        }
        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    public override string ToString() => _text.ToString();

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
