using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Worker.Configuration;
using Testing;

namespace Gateway.Worker.Tests;

/// <summary>The documents list exactly the keys and metrics that exist, and point to files that exist.</summary>
public partial class DocumentationTests
{
    private static readonly string Reference = File.ReadAllText(Repository.File("gateway/Gateway.Worker/README.md"));

    [Fact]
    public void The_reference_lists_every_configuration_key_and_no_other() =>
        Assert.Equal(Keys(typeof(GatewayOptions), "").Order(StringComparer.Ordinal), Rows().SelectMany(row => row.Keys)
            .Order(StringComparer.Ordinal));

    [Fact]
    public void The_defaults_in_the_reference_are_the_true_ones()
    {
        Assert.True(GatewayOptionsReader.TryRead(
            """
            {
              "whatsApp": { "appSecrets": ["s"], "verifyToken": "v" },
              "sip": { "listen": ["udp:127.0.0.1:5060"], "tls": {}, "trunks": [{ "name": "main", "server": "127.0.0.1" }] },
              "channels": [{ "phoneNumberId": "100", "number": "15550000", "accessToken": "t", "trunks": ["main"] }],
              "storage": { "postgres": "p", "redis": "r" }
            }
            """, out var options, out _));
        var effective = JsonNode.Parse(GatewayOptionsReader.Print(options))!;
        var compared = 0;
        foreach (var (keys, defaults) in Rows().Where(row => row.Keys.Length == row.Defaults.Length))
            foreach (var (key, text) in keys.Zip(defaults))
                if (Plain().IsMatch(text) && !key.Contains('[', StringComparison.Ordinal))
                {
                    var value = key.Split('.').Aggregate(effective, (node, name) => node[name]!).ToString();
                    Assert.True(value == text || (TimeSpan.TryParse(value, out var real) && TimeSpan.TryParse(text, out var said)
                        && real == said), $"{key} is {value}, not {text}");
                    compared++;
                }
        Assert.InRange(compared, 30, 100);
    }

    [Fact]
    public void The_reference_lists_every_metric_and_no_other()
    {
        using var product = new ProductMetrics();
        Assert.Equal(product.Names.Order(StringComparer.Ordinal), ProductMetrics.NamesIn(Reference).Order(StringComparer.Ordinal));
    }

    public static TheoryData<string> Documents => new(
        "README.md", "gateway/README.md", "gateway/Gateway.Worker/README.md", "admin-api/README.md", "deploy/README.md",
        "tests/README.md", "tests/Benchmarks/README.md");

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_file_that_a_document_points_to_exists(string document)
    {
        var text = File.ReadAllText(Repository.File(document));
        Assert.All(PathName().Matches(text).Select(m => m.Groups[1].Value).Distinct(), path =>
            Assert.True(Path.Exists(Repository.File(path)), path));
        var folder = Path.GetDirectoryName(Repository.File(document))!;
        Assert.All(
            LinkTarget().Matches(text).Select(m => m.Groups[1].Value).Where(target => !target.StartsWith("http", StringComparison.Ordinal)),
            target => Assert.True(Path.Exists(Path.Combine(folder, target.Split('#')[0])), target));
    }

    private static IEnumerable<(string[] Keys, string[] Defaults)> Rows() =>
        from line in Reference.Split("## Configuration\n")[1].Split("\n## ")[0].Split('\n')
        where line.StartsWith("| `", StringComparison.Ordinal)
        let cells = line.Split(" | ")
        select (Key().Matches(cells[0]).Select(m => m.Groups[1].Value).ToArray(), cells[1].Split(", "));

    private static IEnumerable<string> Keys(Type type, string prefix)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var path = prefix + JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var kind = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var element = kind != typeof(string) && typeof(IEnumerable).IsAssignableFrom(kind) ? kind.GetGenericArguments()[0] : null;
            var nested = element ?? kind;
            if (nested.Namespace!.StartsWith("System", StringComparison.Ordinal) || nested.IsEnum || nested == typeof(Secret))
                yield return path;
            else
                foreach (var key in Keys(nested, path + (element is null ? "." : "[].")))
                    yield return key;
        }
    }

    [GeneratedRegex("`([a-zA-Z0-9.\\[\\]]+)`")]
    private static partial Regex Key();

    [GeneratedRegex(@"^(\d+|true|false|[\d:.]{8,}|v[\d.]+|[a-z]+://\S+|/\S+)$")]
    private static partial Regex Plain();

    [GeneratedRegex("`((?:media|gateway|admin-api|sip-profiles|tests|deploy)/[A-Za-z0-9./-]*)`")]
    private static partial Regex PathName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkTarget();
}
