using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>One fork of an INVITE we sent: its early dialog and its reliable responses in order (RFC 3262 §4).</summary>
internal sealed class EarlyLeg(Dialog dialog)
{
    private uint? _lastReliable;
    private (int Status, string? Sdp) _last;
    private string? _preview;

    public Dialog Dialog { get; } = dialog;

    /// <summary>A description in a reliable response settles the session; an unreliable one is only a preview.</summary>
    public string? ReliableSdp { get; private set; }

    /// <summary>
    /// The description of the session when the 2xx carries none: the first description of this dialog is the answer to our offer, in
    /// whichever response it came (RFC 3261 §13.2.1).
    /// </summary>
    public string? AgreedSdp => ReliableSdp ?? _preview;

    /// <summary>They made the offer of this session in a reliable response.</summary>
    public bool HasOffered { get; private set; }

    /// <summary>An UPDATE has changed the session since (RFC 3311): no response to the INVITE describes it any more.</summary>
    public bool IsChanged { get; private set; }

    public static bool IsReliable(SipResponse response) =>
        response.Headers.HasToken("Require", "100rel") && response.Headers.Contains("RSeq");

    /// <summary>False: a repetition, or one that overtook another and will come again.</summary>
    public bool TryTakeReliable(SipResponse response)
    {
        if (response.Number("RSeq") is not { } number || (_lastReliable is { } last && number != last + 1))
            return false;
        _lastReliable = number;
        return true;
    }

    /// <summary>False: it says what the last one said, because it was repeated on the way or to keep a proxy patient.</summary>
    public bool IsNews(int status, string? sdp)
    {
        var isNews = _last != (status, sdp);
        _last = (status, sdp);
        return isNews;
    }

    public void Change(string sdp)
    {
        ReliableSdp = sdp;
        IsChanged = true;
    }

    public void Take(string? sdp, bool isReliable, bool isOffer)
    {
        _preview ??= sdp;
        if (sdp is null || !isReliable)
            return;
        ReliableSdp = sdp;
        HasOffered |= isOffer;
    }

    public void SendPrack(SessionCore session, SipResponse response, string? answer, Instant now)
    {
        var prack = Dialog.CreateRequest(SipMethod.Prack);
        prack.Headers.Add(RAck.Name, new RAck(_lastReliable!.Value, response.CSeq).ToString());
        SdpBody.Set(prack, answer);
        session.Send(prack, Dialog, now);
    }
}
