using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Setup;

/// <summary>
/// `init FOLDER`: writes a first configuration that the gateway accepts, its secrets in files that only their owner reads, and says what
/// comes next. What exists is never overwritten, and what turns out to be wrong is not left behind.
/// </summary>
internal static class InitCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <returns>The exit code: 0 where it was written, else 2.</returns>
    public static int Run(string folder, IReadOnlyList<string> arguments, Func<InitQuestion, string>? ask, TextWriter output)
    {
        var (path, secrets) = (Path.Combine(Path.GetFullPath(folder), "gateway.json"), Path.Combine(Path.GetFullPath(folder), "secrets"));
        foreach (var existing in new[] { path, secrets })
            if (Path.Exists(existing))
                return Refuse(output, [$"{existing} exists: nothing is overwritten. Remove it, or name another folder."]);
        if (!InitAnswers.TryRead(arguments, ask, out var answers, out var errors))
            return Refuse(output, errors);
        var madeFolder = !Directory.Exists(folder);
        try
        {
            Directory.CreateDirectory(folder);
            Directory.CreateDirectory(secrets);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(secrets, OwnerOnly | UnixFileMode.UserExecute);
            var text = Configuration(answers, (name, value) => Secret(Path.Combine(secrets, name), value)).ToJsonString(Format);
            if (GatewayOptionsReader.TryRead(text, out _, out errors))
            {
                File.WriteAllText(path, text + "\n");
                NextSteps(output, path, answers);
                return 0;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or SocketException)
        {
            errors = [e.Message];
        }
        if (Directory.Exists(secrets))
            Directory.Delete(secrets, recursive: true);
        if (madeFolder && Directory.Exists(folder))
            Directory.Delete(folder);
        return Refuse(output, errors);
    }

    /// <summary>A person at a terminal; secrets are not shown while they are typed.</summary>
    public static string AskAtTerminal(InitQuestion question)
    {
        Console.Write($"{question.Text}{(question.Default is { Length: > 0 } usual ? $" [{usual}]" : "")}: ");
        if (!question.IsSecret)
            return Console.ReadLine() ?? "";
        var typed = new System.Text.StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace && typed.Length > 0)
                typed.Length--;
            else if (key.KeyChar >= ' ')
                typed.Append(key.KeyChar);
        }
        Console.WriteLine();
        return typed.ToString();
    }

    private static JsonObject Configuration(InitAnswers answers, Func<string, string, string> secret)
    {
        var local = answers.Optional("local-address") ?? LocalAddress(answers["pbx"]);
        var ports = answers["pbx-ports"].Split('-');
        var trunk = new JsonObject { ["name"] = "pbx", ["server"] = answers["pbx"], ["profile"] = answers["pbx-profile"] };
        if (answers.Optional("pbx-user") is { } user)
        {
            (trunk["register"], trunk["user"]) = (user, user);
            trunk["password"] = secret("pbx-password", answers["pbx-password"]);
        }
        var channel = new JsonObject
        {
            ["phoneNumberId"] = answers["number-id"],
            ["number"] = new string([.. answers["number"].Where(char.IsAsciiDigit)]),
            ["accessToken"] = secret("access-token", answers["token"]),
            ["trunks"] = new JsonArray("pbx"),
        };
        if (answers.Optional("target") is { } target)
            channel["target"] = target;
        return new JsonObject
        {
            ["http"] = new JsonObject { ["listen"] = answers["http"], ["operations"] = answers["operations"] },
            ["whatsApp"] = new JsonObject
            {
                ["appSecrets"] = new JsonArray(secret("app-secret", answers["app-secret"])),
                ["verifyToken"] = secret("verify-token", answers.Optional("verify-token") ?? RandomNumberGenerator.GetHexString(32, true)),
                ["graph"] = new JsonObject { ["baseUrl"] = answers["graph"] },
            },
            ["channels"] = new JsonArray(channel),
            ["sip"] = new JsonObject
            {
                ["listen"] = new JsonArray($"udp:{Bracketed(local)}:{answers["sip-port"]}"), ["trunks"] = new JsonArray(trunk),
            },
            ["media"] = new JsonObject
            {
                ["whatsApp"] = new JsonObject
                {
                    ["bindings"] = new JsonArray(new JsonObject
                    {
                        ["bind"] = local, ["advertise"] = new JsonArray(answers["public-address"]),
                    }),
                    ["port"] = int.Parse(answers["media-port"]),
                },
                ["pbx"] = new JsonObject
                {
                    ["bindings"] = new JsonArray(new JsonObject { ["bind"] = local }),
                    ["portMin"] = int.Parse(ports[0]), ["portMax"] = int.Parse(ports[^1]),
                },
            },
            ["storage"] = new JsonObject
            {
                ["postgres"] = secret("postgres", answers["postgres"]), ["redis"] = secret("redis", answers["redis"]),
            },
        };
    }

    /// <summary>Writes the file; the placeholder that stands for it in the configuration.</summary>
    private static string Secret(string path, string value)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly; // from its first byte on
        using var file = new FileStream(path, options);
        using var writer = new StreamWriter(file);
        writer.WriteLine(value);
        return "${file:" + path + "}";
    }

    /// <summary>The address by which this host's routes lead to the PBX. Nothing is sent.</summary>
    private static string LocalAddress(string pbx)
    {
        var host = SipAddresses.SplitHostPort(pbx).Host;
        var address = IPAddress.TryParse(host, out var literal) ? literal : Dns.GetHostAddresses(host)[0];
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(address, 5060);
        return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
    }

    private static string Bracketed(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

    private static void NextSteps(TextWriter output, string path, InitAnswers answers)
    {
        output.WriteLine($"""
            Wrote {path}, and its secrets beside it. Next:
              1. check {path} --connect          says what is missing, and what to do
              2. run {path}
              3. a reverse proxy with a certificate that passes /webhooks/whatsapp to {answers["http"]}
              4. meta setup {path} --app APP_ID --account ACCOUNT_ID --url https://YOUR.HOST
              5. call +{new string([.. answers["number"].Where(char.IsAsciiDigit)])} from WhatsApp
            """);
    }

    private static int Refuse(TextWriter output, IReadOnlyList<string> errors)
    {
        output.WriteLine("Nothing was written:");
        foreach (var error in errors)
            output.WriteLine("  " + error);
        return 2;
    }
}
