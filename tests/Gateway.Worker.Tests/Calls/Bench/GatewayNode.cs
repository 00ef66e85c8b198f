using System.Text.RegularExpressions;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Engine.Loop;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>One gateway, composed as in production, in this process.</summary>
internal sealed partial class GatewayNode : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly WebApplication _app;
    private Task? _stop;

    private GatewayNode(WebApplication app, GatewayOptions options) => 
        (_app, Options, Url, OperationsUrl) = (app, options, app.Urls.First(), app.Urls.Last());

    public GatewayOptions Options { get; }

    public string Id => Options.Node.Id;

    /// <summary>The address for webhooks.</summary>
    public string Url { get; }

    /// <summary>The address for health and metrics.</summary>
    public string OperationsUrl { get; }

    public string WebhookUrl => Url + Options.Http.WebhookPath;

    public int SipPort => Service<SipEndpoint>().Listeners[0].Bind.Port;

    public static async Task<GatewayNode> StartAsync(GatewayOptions options)
    {
        var app = GatewayHost.Build(options);
        await app.StartAsync();
        return new GatewayNode(app, options);
    }

    /// <summary>A graceful stop, as SIGTERM begins it.</summary>
    public Task StopAsync() => _stop ??= _app.StopAsync();

    /// <summary>Requests a path from the operations listener; the webhook path from the public one.</summary>
    public Task<(int Status, string Body)> GetAsync(string path) =>
        GetAsync(path.StartsWith(Options.Http.WebhookPath, StringComparison.Ordinal) ? Url : OperationsUrl, path);

    public async Task<(int Status, string Body)> GetAsync(string url, string path)
    {
        using var response = await _http.GetAsync(url + path);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>
    /// Sum of a metric over the label sets that hold all of <paramref name="labels"/>. Meters are the process's: compare differences.
    /// </summary>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        var sum = 0.0;
        foreach (Match line in Sample().Matches((await GetAsync("/metrics")).Body))
            if (line.Groups["name"].Value == name
                && labels.All(label => line.Groups["labels"].Value.Contains(label, StringComparison.Ordinal)))
                sum += double.Parse(line.Groups["value"].Value);
        return sum;
    }

    /// <summary>The rows of this node's calls with a user, by number or by id.</summary>
    public Task<IReadOnlyList<CallRow>> RowsAsync(string user) => CallRow.FindAsync(Service<NpgsqlDataSource>(), Id, user);

    /// <summary>The row of a call by WhatsApp's id.</summary>
    public async Task<CallRow?> RowOfAsync(string whatsAppId) =>
        (await CallRow.FindAsync(Service<NpgsqlDataSource>(), Id, whatsAppId)).SingleOrDefault();

    /// <summary>This node's calls in the live list.</summary>
    public async Task<IReadOnlyList<LiveCall>> LiveAsync() =>
        [.. (await Service<ICallRegistry>().ListAsync(CancellationToken.None)).Where(call => call.Node == Id)];

    /// <summary>Waits until nothing of any call is left in this gateway.</summary>
    public async Task IsIdleAsync()
    {
        await Eventually.SeeAsync(() => Service<SipEndpoint>().ActiveCalls == 0, "no SIP call is left");
        await Eventually.SeeAsync(() => Service<MediaEngine>().ActiveCalls == 0, "no media is left");
        await Eventually.SeeAsync(() => Service<Gateway.Worker.Calls.CallSupervisor>().Count == 0, "no call loop is left");
    }

    /// <summary>A part of the gateway.</summary>
    public T Service<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _http.Dispose();
        if (Directory.Exists(Options.SpoolFolder()))
            Directory.Delete(Options.SpoolFolder(), recursive: true);
    }

    [GeneratedRegex(@"^(?<name>\w+)(\{(?<labels>[^}]*)\})? (?<value>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
