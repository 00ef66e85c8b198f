using System.Net.Http.Headers;
using Demo;
using Testing;
using Testing.Peers;

namespace Deploy;

/// <summary>
/// deploy/compose.yaml with the emulated WhatsApp, from images that tests/Deploy/images built. All of it but Grafana, which Debian has not.
/// The tests are in the containers' own network, as the machine that runs them is.
/// </summary>
public sealed class ComposeBench : IAsyncLifetime
{
    /// <summary>Of this machine in the containers' network.</summary>
    public const string Here = "172.30.83.1";

    public const string Gateway1 = "172.30.83.11", Gateway2 = "172.30.83.12", Asterisk = "172.30.83.5";

    private const string PhonePassword = "of-a-phone-in-a-test";

    private static readonly string[] Services =
    [
        "postgres", "redis-1", "redis-2", "sentinel", "gateway-1", "gateway-2", "admin-api",
        "haproxy", "asterisk", "prometheus", "sandbox",
    ];

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-deploy-").FullName;

    public HttpClient WhatsApp { get; } = new() { BaseAddress = new Uri("http://127.0.0.1:9100") };

    public HttpClient AdminApi { get; } = new() { BaseAddress = new Uri("http://127.0.0.1:8081") };

    public HttpClient Http { get; } = new();

    private Dictionary<string, string> Environment { get; set; } = [];

    public async Task InitializeAsync()
    {
        var phones = Path.Combine(_folder, "phones.conf");
        await File.WriteAllTextAsync(phones, await File.ReadAllTextAsync(Repository.File("deploy", "asterisk", "phones.conf")) + $"""

            [6001](phone)
            auth=6001
            aors=6001
            [6001]
            type=auth
            auth_type=userpass
            username=6001
            password={PhonePassword}
            [6001]
            type=aor
            max_contacts=1
            """);
        Environment = new Dictionary<string, string>
        {
            ["ASTERISK_PHONES"] = phones,
            ["GATEWAY_IMAGE"] = "localhost/gateway-test-gateway", ["ADMIN_IMAGE"] = "localhost/gateway-test-admin-api",
        };
        foreach (var peer in new[] { "sandbox", "postgres", "redis", "haproxy", "prometheus", "asterisk" })
            Environment[peer.ToUpperInvariant() + "_IMAGE"] = "localhost/gateway-test-" + peer;
        AdminApi.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sandbox-admin-key-that-is-long-enough");
        try
        {
            await ComposeAsync(["up", "--detach", "--no-build", .. Services]);
            foreach (var address in new[]
            {
                $"http://{Gateway1}:8082/readyz", $"http://{Gateway2}:8082/readyz", "http://127.0.0.1:8081/healthz",
                "http://127.0.0.1:9100/sandbox/health", "http://127.0.0.1:9090/-/ready",
            })
                await AnswersAsync(address);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{await LogsAsync()}");
        }
    }

    /// <summary>An agent's desk phone, registered with Asterisk.</summary>
    internal async Task<DeskPhone> PhoneAsync(List<IAsyncDisposable> started, CancellationToken stop)
    {
        var phone = await Baresip.StartAsync(
            new BaresipOptions { User = "6001", Address = Here, Registrar = Asterisk, Password = PhonePassword, Codecs = "pcma" }, stop);
        started.Add(phone);
        await phone.WaitForAsync("REGISTER_OK", stop);
        return new DeskPhone(phone);
    }

    /// <summary>Runs a program in a container; what it printed.</summary>
    public Task<(int Code, string Output)> ExecuteAsync(string service, params string[] command) =>
        Command.RunAsync("docker-compose", Arguments(["exec", "-T", service, .. command]), Environment);

    public Task<string> ComposeAsync(string[] arguments) => Command.SucceedsAsync("docker-compose", Arguments(arguments), Environment);

    public async Task<string> LogsAsync() =>
        (await Command.RunAsync("docker-compose", Arguments(["logs", "--no-color", "--tail=40"]), Environment)).Output;

    public async Task DisposeAsync()
    {
        await Command.RunAsync("docker-compose", Arguments(["down", "--volumes", "--timeout", "5"]), Environment);
        WhatsApp.Dispose();
        AdminApi.Dispose();
        Http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] Arguments(IEnumerable<string> arguments) =>
    [
        "--file", Repository.File("deploy", "compose.yaml"), "--file", Repository.File("tests", "Deploy", "limits.yaml"),
        "--env-file", Repository.File("deploy", "compose", "sandbox.env"),
        "--profile", "sandbox", "--project-name", "gateway-test", .. arguments,
    ];

    private Task<string> AnswersAsync(string address) => Waiting.ForAsync(address, StartTimeout, async () =>
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(address));
            return answer.IsSuccessStatusCode ? "ok" : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }, CancellationToken.None);
}
