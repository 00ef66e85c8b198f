using Gateway.Sip.Messages;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The values from which another process goes on with an answered call (<c>SipEndpoint.Resume</c>): its dialog, its session timer and the
/// descriptions of both sides, which may hold keys of SRTP. Made to be stored as JSON, encrypted; what is added later must have a default.
/// </summary>
/// <remarks>
/// A renegotiation or transfer in progress is not carried over, and no connection is: a phone that can be reached only by the one that it
/// opened is lost.
/// </remarks>
public sealed record SipSessionSnapshot
{
    public required SipDialogSnapshot Dialog { get; init; }

    /// <summary>The side that sent the INVITE.</summary>
    public required SipCallDirection Direction { get; init; }

    /// <summary>The user part of our Contact.</summary>
    public required string User { get; init; }

    /// <summary>The user of a registered phone; null on other trunks.</summary>
    public string? Phone { get; init; }

    /// <summary>The interval of the session timer in seconds; 0: the session has none.</summary>
    public int Interval { get; init; }

    /// <summary>Refreshing is our part.</summary>
    public bool WeRefresh { get; init; }

    /// <summary>Our last description.</summary>
    public string? LocalSdp { get; init; }

    /// <summary>The peer's last description.</summary>
    public string? RemoteSdp { get; init; }

    internal static SipSessionSnapshot Of(SessionCore session, Dialog dialog) => new()
    {
        Dialog = dialog.ToSnapshot(session.Trunk.Options.Name),
        Direction = session.Info.Direction,
        User = session.Info.ContactUser,
        Phone = session.Info.Phone,
        Interval = (int)session.Timer.Interval.TotalSeconds,
        WeRefresh = session.Timer.WeRefresh,
        LocalSdp = session.LocalSdp,
        RemoteSdp = session.RemoteSdp,
    };

    /// <summary>The facts of the call as far as they are known still: without the headers and the offer of its INVITE.</summary>
    internal SipCallInfo ToInfo(Dialog dialog)
    {
        var (ours, theirs) = (SipPartyReader.From(dialog.Local)!, SipPartyReader.From(dialog.Remote)!);
        var isOurs = Direction == SipCallDirection.Outgoing;
        return new SipCallInfo
        {
            CallId = Dialog.CallId,
            Direction = Direction,
            Trunk = Dialog.Trunk,
            From = isOurs ? ours with { User = User } : theirs,
            To = isOurs ? theirs : ours,
            TargetUser = isOurs ? theirs.User : User,
            Phone = Phone,
        };
    }
}
