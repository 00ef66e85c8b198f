using System.Globalization;
using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// A SIP request or response (RFC 3261 §7). Mutable and owned by one thread at a time. Everything that <see cref="SipParser"/> accepted has
/// well-formed Via, From, To, Call-ID and CSeq; the properties for these throw <see cref="InvalidOperationException"/> only on a message
/// built here without them.
/// </summary>
public abstract class SipMessage
{
    public SipHeaders Headers { get; init; } = new();

    /// <summary>Malformed or surplus header fields that the parser passed over.</summary>
    public int IgnoredHeaders { get; internal set; }

    /// <summary>Empty without a body. Content-Length is not a header here: the writer computes it.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    public string? ContentType => Headers["Content-Type"];

    /// <summary>The topmost Via.</summary>
    public ViaHeader TopVia => ViaHeader.TryParse(Required("Via"), out var via) ? via : throw Malformed("Via");

    public NameAddr From => NameAddr.TryParse(Required("From"), out var from) ? from : throw Malformed("From");

    public NameAddr To => NameAddr.TryParse(Required("To"), out var to) ? to : throw Malformed("To");

    /// <summary>Empty when the peer gave none (RFC 2543 peers).</summary>
    public string FromTag => From.Tag ?? "";

    /// <summary>Empty outside a dialog.</summary>
    public string ToTag => To.Tag ?? "";

    public string CallId => Required("Call-ID");

    public CSeq CSeq => CSeq.TryParse(Required("CSeq"), out var cseq) ? cseq : throw Malformed("CSeq");

    /// <summary>The first Contact; null when there is none, it is "*" or it is malformed.</summary>
    public NameAddr? Contact => Headers["Contact"] is { } text && NameAddr.TryParse(text, out var contact) ? contact : null;

    /// <summary>Route entries in order; malformed ones are left out (<see cref="RequestValidator"/> refuses them).</summary>
    public IReadOnlyList<NameAddr> Routes => Addresses("Route");

    /// <summary>Record-Route entries in order.</summary>
    public IReadOnlyList<NameAddr> RecordRoutes => Addresses("Record-Route");

    /// <summary>All well-formed name-addr values of a header in order.</summary>
    public IReadOnlyList<NameAddr> Addresses(string name)
    {
        List<NameAddr> addresses = [];
        foreach (var text in Headers.All(name))
        {
            if (NameAddr.TryParse(text, out var address))
                addresses.Add(address);
        }
        return addresses;
    }

    /// <summary>
    /// A header that is one decimal number, for example Expires or Max-Forwards; null when absent or malformed. Text after ";" or "(" is
    /// not read.
    /// </summary>
    public uint? Number(string name)
    {
        if (Headers[name] is not { } text)
            return null;
        var end = text.AsSpan().IndexOfAny(" \t;(");
        return SipGrammar.TryParseNumber(end < 0 ? text : text.AsSpan(0, end), uint.MaxValue, out var number) ? number : null;
    }

    /// <summary>Sets body and Content-Type together; an empty body removes both.</summary>
    public void SetBody(ReadOnlyMemory<byte> body, string? contentType)
    {
        Body = body;
        Headers["Content-Type"] = body.IsEmpty ? null : contentType;
    }

    /// <summary>The body as the parser found it, whatever the headers say.</summary>
    internal void SetParsedBody(ReadOnlyMemory<byte> body) => Body = body;

    /// <summary>The first line, without its line end.</summary>
    public abstract string StartLine { get; }

    /// <summary>For tests and traces that an operator asked for; never for ordinary logs: it holds numbers, addresses and keys.</summary>
    public override string ToString() => Encoding.UTF8.GetString(SipWriter.Write(this));

    private string Required(string name) => Headers[name] ?? throw new InvalidOperationException($"The message has no {name}.");

    private static InvalidOperationException Malformed(string name) => new($"The message's {name} is malformed.");
}

/// <summary>
/// Writes a message as it goes on the wire: full header names, one value a line, Content-Length always and last. Values cannot break out of
/// their line: <see cref="SipHeaders"/> keeps them on one.
/// </summary>
public static class SipWriter
{
    public static byte[] Write(SipMessage message)
    {
        var text = new StringBuilder(1024).Append(SipGrammar.OneLine(message.StartLine)).Append("\r\n");
        foreach (var (name, value) in message.Headers)
        {
            if (name != "Content-Length")
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"Content-Length: {message.Body.Length}\r\n\r\n");

        var head = text.ToString();
        var headBytes = Encoding.UTF8.GetByteCount(head);
        var bytes = new byte[headBytes + message.Body.Length];
        Encoding.UTF8.GetBytes(head, bytes);
        message.Body.Span.CopyTo(bytes.AsSpan(headBytes));
        return bytes;
    }
}
