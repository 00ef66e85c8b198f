using System.Runtime.Versioning;
using Gateway.Worker.Configuration;
using Gateway.Worker.Setup;

namespace Gateway.Worker.Tests.Setup;

/// <summary>`init` writes a configuration that the gateway accepts, its secrets for their owner alone, and overwrites nothing.</summary>
[SupportedOSPlatform("linux")] // file modes
public sealed class InitCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("gateway-init-").FullName;

    private string Folder => Path.Combine(_root, "gateway");

    private static readonly string[] Flags =
    [
        "--number-id", "100200300400", "--number", "+1 555 000 9000", "--token", "t0ken", "--app-secret", "s3cret",
        "--pbx", "127.0.0.1:5070",
        "--pbx-profile", "asterisk", "--pbx-user", "whatsapp", "--pbx-password", "pa55", "--target", "6000",
        "--public-address", "203.0.113.10",
        "--postgres", "Host=db;Password=postgres-pa55", "--redis", "127.0.0.1:6379,password=redis-pa55",
    ];

    [Fact]
    public void Flags_become_a_checked_configuration_whose_secrets_only_the_owner_reads()
    {
        var (code, text) = Run(Flags);
        Assert.True(code == 0, text);
        Assert.Contains("check ", text, StringComparison.Ordinal);
        var path = Path.Combine(Folder, "gateway.json");
        Assert.True(GatewayOptionsReader.TryReadFile(path, out var options, out var errors), string.Join(" ", errors));
        Assert.Equal("15550009000", options.Channels[0].Number);
        Assert.Equal(("t0ken", "pa55"), (options.Channels[0].AccessToken.Reveal(), options.Sip.Trunks[0].Password!.Reveal()));
        Assert.Equal(["udp:127.0.0.1:5060"], options.Sip.Listen);
        Assert.Equal(32, options.WhatsApp.VerifyToken.Reveal().Length);
        var written = File.ReadAllText(path);
        Assert.All(["t0ken", "s3cret", "pa55"], secret => Assert.DoesNotContain(secret, written, StringComparison.Ordinal));
        var secrets = Directory.GetFiles(Path.Combine(Folder, "secrets"));
        Assert.Equal(6, secrets.Length);
        Assert.All(secrets, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void Whoever_is_asked_answers_what_flags_leave_out()
    {
        var asked = new List<string>();
        var (code, text) = Run([.. Flags.Take(8)], question =>
        {
            asked.Add(question.Flag);
            return question.Flag switch { "pbx" => "127.0.0.1", "public-address" => "203.0.113.10", "postgres" => "Host=db", _ => "" };
        });
        Assert.True(code == 0, text);
        Assert.Equal(["pbx", "pbx-profile", "pbx-user", "pbx-password", "target", "public-address", "postgres", "redis"], asked);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        Assert.Equal(0, Run(Flags).Code);
        var before = File.ReadAllText(Path.Combine(Folder, "gateway.json"));
        var (code, text) = Run(Flags);
        Assert.Equal(2, code);
        Assert.Contains("nothing is overwritten", text, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(Folder, "gateway.json")));
    }

    [Fact]
    public void All_that_is_missing_or_wrong_is_named_and_nothing_is_left()
    {
        var (code, text) = Run(["--pbx", "127.0.0.1"]);
        Assert.Equal(2, code);
        Assert.All(["--number-id", "--token", "--app-secret", "--public-address", "--postgres"],
            flag => Assert.Contains(flag + " is missing", text, StringComparison.Ordinal));
        (code, text) = Run([.. Flags.Select(value => value == "asterisk" ? "no-such-pbx" : value)]);
        Assert.Equal(2, code);
        Assert.Contains("there is no profile 'no-such-pbx'", text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder));
    }

    private (int Code, string Text) Run(string[] flags, Func<InitQuestion, string>? ask = null)
    {
        using var output = new StringWriter();
        return (InitCommand.Run(Folder, flags, ask, output), output.ToString());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
