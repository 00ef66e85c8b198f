using System.Text.Json;
using Testing;

namespace Gateway.Worker.Tests.Monitoring;

/// <summary>A dashboard of deploy/grafana.</summary>
/// <param name="Name">Of its file.</param>
/// <param name="Panels">Each with its queries.</param>
internal sealed record Dashboard(string Name, IReadOnlyList<(string Title, string Expression)> Panels)
{
    public static IReadOnlyList<Dashboard> All { get; } =
        [.. Directory.GetFiles(Repository.File("deploy", "grafana", "dashboards"), "*.json").Order().Select(Read)];

    private static Dashboard Read(string file)
    {
        using var text = JsonDocument.Parse(File.ReadAllText(file));
        return new Dashboard(
            Path.GetFileNameWithoutExtension(file),
            [
                .. from panel in text.RootElement.GetProperty("panels").EnumerateArray()
                   from target in panel.GetProperty("targets").EnumerateArray()
                   select (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!),
            ]);
    }
}
