using System.Security.Cryptography;
using System.Text;
using Dapper;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Documents;

/// <summary>The commands that documents give to operators are run as they stand there, against both programs and real stores.</summary>
public sealed class DocumentCommandsTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    private const string Key = "0123456789abcdef0123456789abcdef", Secret = "c2VjcmV0IG9mIGEgd2ViaG9vayBpbiBhIHRlc3Q=";

    /// <summary>The beginnings of commands that can be run here.</summary>
    private static readonly string[] Run =
    [
        "dotnet Gateway.Worker.dll ", "dotnet AdminApi.dll", "curl -H ", "curl -sS -H ", "admin", "API=", "printf ", "date ", "pg_dump ",
        "pg_restore ", "psql ", "dropdb ", "createdb ",
    ];

    /// <summary>The beginnings of commands that cannot, each with the reason.</summary>
    private static readonly Dictionary<string, string> NotRun = new()
    {
        ["./run"] = "the demonstration, which Interop runs whole",
        ["./test"] = "the tests themselves",
        ["GATEWAY_TEST_CONTAINERS=1 ./test"] = "the tests themselves",
        ["tests/debian13"] = "the tests themselves, in another Debian",
        ["dotnet run -c Release --project tests/Faults"] = "lasts as long as it says; Faults.Tests has short ones",
        ["dotnet sln Gateway.sln add"] = "changes this repository",
        ["dotnet build Gateway.sln"] = "has been done where tests run",
        ["deploy/publish"] = "builds both programs anew, which takes minutes",
        ["curl -X POST https://graph.facebook.com"] = "changes a real number at Meta",
        ["systemctl"] = "needs systemd",
        ["kill %1"] = "ends the gateway of the first hour, for systemd's",
        ["install -"] = "needs the package's user",
        ["sed \"s|$PWD"] = "needs the folder of the package",
        ["export PGHOST="] = "the test names its own server",
        ["deploy/package"] = "Deploy does it: it takes minutes",
        ["apt-get install ./"] = "changes this machine",
        ["docker compose"] = "tests/Deploy/run starts it",
        ["helm"] = "Deploy renders the chart; there is no cluster",
        ["Gateway.Worker health"] = "needs a gateway that runs; HealthCommandTests has one",
        ["Gateway.Worker trace"] = "needs a call that has ended; TraceTests has one",
        ["AdminApi health"] = "needs an admin API that runs; tests/Deploy/run has one",
    };

    public static TheoryData<string> WithCommands =>
        new(DocumentCommands.Documents.Where(document => DocumentCommands.ScriptsOf(document).Any(script => script.Any(IsRun))));

    [Fact]
    public void Every_command_of_a_document_is_run_or_named_with_the_reason_why_not() => Assert.All(All(), one => Assert.True(
        IsRun(one) != NotRun.Keys.Any(beginning => one.StartsWith(beginning, StringComparison.Ordinal)), one));

    [Fact]
    public void No_list_names_a_command_that_no_document_has() => Assert.All(
        Run.Concat(NotRun.Keys), beginning => Assert.Contains(All(), one => one.StartsWith(beginning, StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(WithCommands))]
    public async Task The_commands_of_a_document_do_what_they_say(string document)
    {
        await bench.KillAsync(); // left by a failed test
        var sandbox = new CommandSandbox(bench.Folder, await bench.ConfigureAsync(), bench.Stores.Postgres);
        await using var api = document.StartsWith("admin-api/", StringComparison.Ordinal) ? await ServedAsync(sandbox) : null;
        Surround(sandbox);
        foreach (var script in DocumentCommands.ScriptsOf(document).Select(script => script.Where(IsRun).ToArray()))
        {
            var (code, output) = await sandbox.RunAsync(script);
            Assert.True(code == 0, $"{document}: {string.Join('\n', script)}\nended with {code}:\n{output}");
            if (script.Any(command => command.Contains("${SECRET", StringComparison.Ordinal)))
                Assert.Contains(Signature("msg_1.1790000000.{}"), output, StringComparison.Ordinal);
        }
        await bench.KillAsync();
    }

    /// <summary>A gateway with a live call, and the admin API beside it.</summary>
    private async Task<ChildProgram> ServedAsync(CommandSandbox sandbox)
    {
        await bench.StartAsync();
        var (call, _) = await bench.LiveAsync();
        await bench.NotedAsync(call);
        await using var connection = new NpgsqlConnection(bench.Stores.Postgres + ";Pooling=false");
        sandbox.Environment["CALL"] =
            await connection.QuerySingleAsync<string>("SELECT id FROM calls WHERE user_phone = @Phone", call.User);
        var address = $"http://127.0.0.1:{LoopbackPorts.Take()}";
        sandbox.Words["http://127.0.0.1:8081"] = address;
        var api = ChildProgram.Of("admin-api", "admin-api/AdminApi", ["--urls=" + address], Settings, bench.Folder);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Eventually.SeeAsync(
            async () =>
            {
                try
                {
                    return (int)(await client.GetAsync(address)).StatusCode;
                }
                catch (HttpRequestException)
                {
                    return 0;
                }
            },
            status => status > 0, "the admin API answers", _ => string.Join('\n', api.Tail(20)));
        return api;
    }

    private void Surround(CommandSandbox sandbox)
    {
        foreach (var (name, value) in Settings)
            sandbox.Environment[name] = value;
        sandbox.Environment["ADMIN_URL"] = $"http://127.0.0.1:{LoopbackPorts.Take()}";
        sandbox.Environment["KEY"] = Key;
        sandbox.Environment["GATEWAY_READY"] = bench.Readiness;
        sandbox.Environment["PHONE_NUMBER_ID"] = bench.WhatsApp.Number.PhoneNumberId;
        sandbox.Environment["WEBHOOK_ID"] = "msg_1";
        sandbox.Environment["WEBHOOK_TIMESTAMP"] = "1790000000";
        sandbox.Environment["BODY"] = "{}";
        sandbox.Environment["SECRET"] = "whsec_" + Secret;
    }

    /// <summary>The environment of the admin API.</summary>
    private Dictionary<string, string> Settings => new()
    {
        ["AdminApi__Key"] = Key, ["AdminApi__Postgres"] = bench.Stores.Postgres, ["AdminApi__Redis"] = bench.Stores.Redis,
    };

    private static IEnumerable<string> All() =>
        DocumentCommands.Documents.SelectMany(DocumentCommands.ScriptsOf).SelectMany(script => script);

    /// <summary>True for a command that can be run here.</summary>
    internal static bool IsRun(string command) => Run.Any(beginning => command.StartsWith(beginning, StringComparison.Ordinal));

    private static string Signature(string text) =>
        Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Secret), Encoding.UTF8.GetBytes(text)));
}
