using System.Text.RegularExpressions;

namespace Interop.Sipp;

/// <summary>A message as SIPp saw it on the wire; a retransmission equals its original.</summary>
public sealed record SippMessage(bool FromGateway, string Text)
{
    public string StartLine => Text.Split('\n')[0];

    /// <summary>"INVITE", or "200" for a response.</summary>
    public string Kind => StartLine.Split(' ') is ["SIP/2.0", var status, ..] ? status : StartLine.Split(' ')[0];

    /// <summary>The method of the transaction.</summary>
    public string Method => (this["CSeq"] ?? "").Split(' ')[^1];

    public string Body => Text.Split("\n\n", 2) is [_, var body] ? body.Trim() : "";

    /// <summary>The first header of this name.</summary>
    public string? this[string name] => Text.Split("\n\n")[0].Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}

/// <summary>All messages of one SIPp run in order, retransmissions left out, read from its message trace.</summary>
public sealed partial class SippTrace
{
    private SippTrace(IReadOnlyList<SippMessage> messages) => Messages = messages;

    public IReadOnlyList<SippMessage> Messages { get; }

    /// <summary>The gateway's messages of one kind: a method, or a status.</summary>
    public IReadOnlyList<SippMessage> Gateway(string kind) => [.. Messages.Where(message => message.FromGateway && message.Kind == kind)];

    /// <summary>Responses of one status to one method.</summary>
    public IReadOnlyList<SippMessage> Gateway(string status, string method) =>
        [.. Gateway(status).Where(message => message.Method == method)];

    public override string ToString() =>
        string.Join('\n', Messages.Select(message => (message.FromGateway ? "<<< " : ">>> ") + message.Text));

    public static SippTrace Parse(string text)
    {
        List<SippMessage> messages = [];
        foreach (var entry in Separator().Split(text.ReplaceLineEndings("\n")))
        {
            var title = Title().Match(entry);
            if (title.Success)
                messages.Add(new SippMessage(title.Groups["what"].Value == "received", entry[(title.Index + title.Length)..].Trim('\n')));
        }
        return new SippTrace([.. messages.Distinct()]);
    }

    /// <summary>The header of a trace entry: with a date before a message, without one before a comment.</summary>
    [GeneratedRegex(@"^-{20,}( \d{4}-.*)?$", RegexOptions.Multiline)]
    private static partial Regex Separator();

    /// <summary>"UDP message sent (512 bytes):", "TCP message received [512] bytes :".</summary>
    [GeneratedRegex(@"^\w+ message (?<what>sent|received) .*$", RegexOptions.Multiline)]
    private static partial Regex Title();
}
