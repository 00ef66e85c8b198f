using System.Globalization;
using System.Net;
using System.Text;

namespace Load.Plots;

/// <summary>Lines over a grid as SVG, both axes from zero.</summary>
/// <param name="title">Above it.</param>
/// <param name="horizontal">What the points' first number is.</param>
/// <param name="vertical">What the second is.</param>
internal sealed class SvgPlot(string title, string horizontal, string vertical)
{
    private const int Width = 800, Height = 450, Left = 70, Right = 780, Top = 40, Bottom = 395, Ticks = 5;

    private static readonly string[] Colours = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#17becf"];

    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points)> _lines = [];

    public SvgPlot Add(string name, IEnumerable<(double X, double Y)> points)
    {
        _lines.Add((name, [.. points]));
        return this;
    }

    /// <summary>An empty string where no line has a point.</summary>
    public string Write()
    {
        var points = _lines.SelectMany(line => line.Points).ToList();
        if (points.Count == 0)
            return "";
        var (right, top) = (Round(points.Max(point => point.X)), Round(points.Max(point => point.Y)));
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{Height}" fill="white"/>""");
        Text(Width / 2, 20, "middle", title);
        Text((Left + Right) / 2, Height - 15, "middle", horizontal);
        Text(Left, Top - 8, "middle", vertical);
        for (var tick = 0; tick <= Ticks; tick++)
        {
            var (x, y) = (Left + (Right - Left) * tick / Ticks, Bottom - (Bottom - Top) * tick / Ticks);
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path d="M{Left} {y}H{Right}M{x} {Top}V{Bottom}" stroke="#ddd"/>""");
            Text(x, Bottom + 16, "middle", (right * tick / Ticks).ToString("0.##", CultureInfo.InvariantCulture));
            Text(Left - 6, y + 4, "end", (top * tick / Ticks).ToString("0.##", CultureInfo.InvariantCulture));
        }
        for (var i = 0; i < _lines.Count; i++)
        {
            var places = string.Join(' ', _lines[i].Points.Select(point => string.Create(
                CultureInfo.InvariantCulture,
                $"{Left + (Right - Left) * point.X / right:0.#},{Bottom - (Bottom - Top) * point.Y / top:0.#}")));
            var colour = Colours[i % Colours.Length];
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<polyline points="{places}" fill="none" stroke="{colour}"/>""");
            svg.AppendLine(
                CultureInfo.InvariantCulture,
                $"""<rect x="{Right - 260}" y="{Top + 6 + 18 * i}" width="12" height="3" fill="{colour}"/>""");
            Text(Right - 242, Top + 12 + 18 * i, "start", _lines[i].Name);
        }
        return svg.AppendLine("</svg>").ToString();

        void Text(int x, int y, string anchor, string words) => svg.AppendLine(
            CultureInfo.InvariantCulture, $"""<text x="{x}" y="{y}" text-anchor="{anchor}">{WebUtility.HtmlEncode(words)}</text>""");
    }

    /// <summary>The next of 1, 2, 2.5 and 5 times a power of ten.</summary>
    private static double Round(double value)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(value, 1e-9))));
        return new[] { 1, 2, 2.5, 5, 10 }.Select(step => step * unit).First(step => step >= value - 1e-12);
    }
}
