using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Dialogs;

/// <summary>Session descriptions in message bodies.</summary>
internal static class SdpBody
{
    /// <summary>The description, alone or as a part of a multipart body; null when the message has none.</summary>
    public static string? Of(SipMessage message) =>
        SipBody.TryFind(message, MediaType.Sdp, out var sdp) ? Encoding.UTF8.GetString(sdp.Span) : null;

    public static void Set(SipMessage message, string? sdp)
    {
        if (sdp is not null)
            message.SetBody(Encoding.UTF8.GetBytes(sdp), MediaType.Sdp);
    }
}
