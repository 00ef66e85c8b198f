namespace Gateway.Worker.Tests.Calls.Race;

/// <summary>A SIP message as text, as far as a phone that rings and picks up has to read it.</summary>
internal sealed class RaceRequest(string text)
{
    private readonly string[] _lines = text.Split("\r\n");

    public string Text => text;

    /// <summary>The method; SIP/2.0 where this is a response.</summary>
    public string Method => _lines[0].Split(' ')[0];

    /// <summary>The user part of the request URI.</summary>
    public string User => _lines[0].Split(' ')[1].Split(':', '@')[1];

    public string Header(string name) => Line(name) is { } line ? line[(name.Length + 1)..].Trim() : "";

    /// <summary>The response to it.</summary>
    /// <param name="status">Code and phrase.</param>
    /// <param name="tag">Of the phone, where the request has none.</param>
    /// <param name="contact">The phone's port; null: no Contact.</param>
    /// <param name="sdp">The body; null: none.</param>
    public string Response(string status, string tag, int? contact = null, string? sdp = null)
    {
        var to = Line("To")!;
        return string.Join("\r\n",
        [
            "SIP/2.0 " + status, .. _lines.Where(line => line.StartsWith("Via:", StringComparison.OrdinalIgnoreCase)
                || line.StartsWith("Record-Route:", StringComparison.OrdinalIgnoreCase)),
            Line("From")!, to.Contains(";tag=", StringComparison.Ordinal) ? to : $"{to};tag={tag}", Line("Call-ID")!, Line("CSeq")!,
            .. contact is { } port ? new[] { $"Contact: <sip:{User}@127.0.0.1:{port}>" } : [],
            .. sdp is null ? [] : new[] { "Content-Type: application/sdp" }, $"Content-Length: {sdp?.Length ?? 0}", "", sdp ?? "",
        ]);
    }

    private string? Line(string name) => Array.Find(_lines, line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
}
