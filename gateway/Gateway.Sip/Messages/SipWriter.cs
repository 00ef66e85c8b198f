using System.Globalization;
using System.Text;

namespace Gateway.Sip.Messages;

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
