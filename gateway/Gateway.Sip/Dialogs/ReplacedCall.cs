using Gateway.Sip.Messages;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Dialogs;

/// <summary>Finds the call that an INVITE replaces (RFC 3891 §3).</summary>
internal static class ReplacedCall
{
    /// <summary>True with null: the INVITE replaces nothing. False: it is refused with <paramref name="status"/>.</summary>
    public static bool TryFind(
        SipRequest request, Trunk trunk, IReadOnlyDictionary<(string CallId, string LocalTag), InviteSession> sessions,
        out InviteSession? replaced, out int status)
    {
        replaced = null;
        status = 0;
        if (!request.Headers.Contains(ReplacesHeader.Name) || !trunk.Profile.Replaces)
            return true;
        if (!ReplacesHeader.TryParse(request.Headers[ReplacesHeader.Name], out var header))
            status = 400;
        else if (!sessions.TryGetValue((header.CallId, header.ToTag), out replaced) || !replaced.HasDialog(header.FromTag)
            || replaced.Trunk.Options.Name != trunk.Options.Name)
            status = 481;
        else if (replaced.IsOver)
            status = 603;
        else if (header.EarlyOnly && replaced.IsConfirmed)
            status = 486;
        else if (!replaced.IsConfirmed && replaced.Info.Direction == SipCallDirection.Incoming)
            status = 481; // only an early dialog that we began can be replaced
        return status == 0;
    }
}
