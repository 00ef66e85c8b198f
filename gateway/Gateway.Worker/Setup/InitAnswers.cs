using System.Diagnostics.CodeAnalysis;

namespace Gateway.Worker.Setup;

/// <summary>What a first configuration needs to know: each by its flag, or asked for.</summary>
internal sealed class InitAnswers
{
    /// <summary>In the order in which they are asked.</summary>
    public static readonly InitQuestion[] Questions =
    [
        new("number-id", "Meta's phone number id (WhatsApp Manager, API setup)"),
        new("number", "The number itself, digits with country code"),
        new("token", "Access token of a system user") { IsSecret = true },
        new("app-secret", "App secret (Settings, Basic)") { IsSecret = true },
        new("pbx", "PBX: host or host:port"),
        new("pbx-profile", "Kind of PBX (asterisk, freeswitch, 3cx, avaya, cisco-cucm, genesys, generic)") { Default = "generic" },
        new("pbx-user", "User at the PBX, where it wants one (an extension that registers)") { Default = "" },
        new("pbx-password", "Password at the PBX") { Default = "", IsSecret = true },
        new("target", "What is dialled at the PBX for a user's call (extension, queue; empty: the number)") { Default = "" },
        new("public-address", "Public address of this host, for WhatsApp's audio"),
        new("postgres", "PostgreSQL: Host=…;Database=…;Username=…;Password=…") { IsSecret = true },
        new("redis", "Redis: host:port, or redis: or rediss: URI") { Default = "127.0.0.1:6379", IsSecret = true },
    ];

    /// <summary>Never asked for: what stands for a flag that is not given.</summary>
    public static readonly InitQuestion[] Others =
    [
        new("local-address", "Address of this host towards the PBX") { Default = "" },
        new("sip-port", "UDP port of SIP") { Default = "5060" },
        new("media-port", "First UDP port of WhatsApp's audio") { Default = "40000" },
        new("pbx-ports", "UDP ports of the PBX's audio") { Default = "20000-29999" },
        new("http", "Address of webhooks") { Default = "http://127.0.0.1:8080" },
        new("operations", "Address of health and metrics") { Default = "http://127.0.0.1:8082" },
        new("graph", "Graph, or an emulated one") { Default = "https://graph.facebook.com/" },
        new("verify-token", "The text in Meta's webhook form; empty: one is made") { Default = "", IsSecret = true },
    ];

    private readonly Dictionary<string, string> _values;

    private InitAnswers(Dictionary<string, string> values) => _values = values;

    public string this[string flag] => _values[flag];

    /// <summary>Empty is none.</summary>
    public string? Optional(string flag) => _values[flag] is { Length: > 0 } value ? value : null;

    /// <summary>Takes flags, and asks for what is missing where somebody is there to answer.</summary>
    /// <param name="arguments">`--flag value` pairs; `@/path` is the content of that file, so that no list of processes has a
    /// secret.</param>
    /// <param name="ask">Asks one question; null: nobody is there.</param>
    /// <param name="answers">Null with errors.</param>
    /// <param name="errors">All of them, a sentence each.</param>
    public static bool TryRead(
        IReadOnlyList<string> arguments, Func<InitQuestion, string>? ask, [NotNullWhen(true)] out InitAnswers? answers,
        out IReadOnlyList<string> errors)
    {
        var (values, found) = (new Dictionary<string, string>(), new List<string>());
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var flag = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i][2..] : "";
            if (!Questions.Concat(Others).Any(question => question.Flag == flag))
                found.Add($"{arguments[i]}: there is no such flag.");
            else if (i + 1 == arguments.Count)
                found.Add($"{arguments[i]}: has no value.");
            else if (!values.TryAdd(flag, Value(arguments[i + 1], found)))
                found.Add($"{arguments[i]}: is given twice.");
        }
        foreach (var question in found.Count == 0 ? Questions : [])
            if (!values.ContainsKey(question.Flag))
            {
                var answer = ask?.Invoke(question).Trim();
                if (answer is { Length: > 0 } || question.Default is not null)
                    values[question.Flag] = answer is { Length: > 0 } ? answer : question.Default!;
                else
                    found.Add($"--{question.Flag} is missing: {question.Text}.");
            }
        foreach (var other in Others)
            values.TryAdd(other.Flag, other.Default!);
        errors = found;
        answers = found.Count == 0 ? new InitAnswers(values) : null;
        return answers is not null;
    }

    private static string Value(string text, List<string> errors)
    {
        if (!text.StartsWith('@'))
            return text;
        try
        {
            return File.ReadAllText(text[1..]).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            errors.Add($"{text}: {e.Message}");
            return "";
        }
    }
}

/// <summary>One thing that a first configuration needs to know.</summary>
/// <param name="Flag">Without the dashes.</param>
/// <param name="Text">For people.</param>
internal sealed record InitQuestion(string Flag, string Text)
{
    /// <summary>Null: it has to be answered.</summary>
    public string? Default { get; init; }

    /// <summary>It goes into a file of its own.</summary>
    public bool IsSecret { get; init; }
}
