using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Monitoring;

/// <summary>A Prometheus of the test's own, with the rules of deploy/, that reads gateways each half second.</summary>
internal sealed class PrivatePrometheus : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("prometheus-");
    private readonly Process _process;

    private PrivatePrometheus(params string[] targets)
    {
        Url = $"http://127.0.0.1:{LoopbackPorts.Take()}";
        var rules = Repository.File("deploy", "prometheus", "gateway.rules.yaml");
        var config = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(
            config,
            $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1s }
            rule_files: ["{{rules}}"]
            scrape_configs:
              - job_name: gateway
                static_configs: [{ targets: [{{string.Join(", ", targets.Select(target => $"\"{target}\""))}}] }]
            """);
        var start = new ProcessStartInfo("prometheus")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                $"--config.file={config}", $"--storage.tsdb.path={_folder.FullName}/data", $"--web.listen-address={Url[7..]}",
                "--enable-feature=exemplar-storage", "--log.level=error",
            },
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Url { get; }

    /// <summary>Returns when all gateways have been read.</summary>
    public static async Task<PrivatePrometheus> StartAsync(params string[] targets)
    {
        var started = new PrivatePrometheus(targets);
        await Eventually.SeeAsync(
            async () => await started.TryQueryAsync("sum(up{job=\"gateway\"})"), value => value == targets.Length, "the gateways are read");
        return started;
    }

    /// <summary>The number of series that an expression gives now.</summary>
    public async Task<int> CountAsync(string expression) => (await ResultAsync(expression)).GetArrayLength();

    /// <summary>An answer of the API, by its path.</summary>
    public async Task<JsonElement> GetAsync(string path) =>
        (await _http.GetFromJsonAsync<JsonElement>(Url + path)).GetProperty("data");

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<double?> TryQueryAsync(string expression)
    {
        try
        {
            var result = await ResultAsync(expression);
            return result.GetArrayLength() == 0
                ? null : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException) // it does not listen yet, or says so
        {
            return null;
        }
    }

    private async Task<JsonElement> ResultAsync(string expression)
    {
        using var answer = await _http.GetAsync($"{Url}/api/v1/query?query={Uri.EscapeDataString(expression)}");
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, $"{expression}: {body}");
        return body.GetProperty("data").GetProperty("result");
    }
}
