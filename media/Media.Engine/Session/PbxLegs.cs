using Media.Engine.Audio;
using Media.Engine.Bridge;
using Media.Engine.Legs;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Session;

/// <summary>
/// The pbx legs of one session: the call's, and, while its agent consults somebody, that of the target, with the audio between both. Each
/// has ports of its own for as long as the session lasts; <see cref="Connect"/> changes which of them is the call's, and no peer is told.
/// </summary>
/// <param name="context">What sessions share.</param>
/// <param name="port">The session's.</param>
/// <param name="identity">The certificate for phones that speak WebRTC.</param>
/// <param name="onDigit">Takes keys that agent or target press.</param>
internal sealed class PbxLegs(
    MediaContext context, IMediaPort port, IDtlsIdentity identity, Action<MediaLeg, char, TimeSpan> onDigit) : IDisposable
{
    private readonly RtpLeg?[] _legs = [new RtpLeg(context, port, PbxSide.First, identity), null];
    private RtpLeg? _nobody;
    private AudioBridge? _between;
    private PbxSide _side;
    private bool _agentHeld;
    private bool _targetHeld;

    /// <summary>The agent's.</summary>
    public RtpLeg Call => this[_side];

    /// <summary>The leg of whom the agent consults; null: nobody.</summary>
    public RtpLeg? Target => _between is null ? null : this[Other(_side)];

    /// <summary>The leg whose peer the user hears: the call's, and that of nobody while the agent consults.</summary>
    public RtpLeg Heard => _between is null ? Call : _nobody ??= new RtpLeg(context, port, _side, identity);

    /// <summary>The path to the agent while it does not come from the user.</summary>
    public AudioPath? ToAgent => _between?.ToWhatsApp;

    public Instant AudioDeadline => _between is { } between
        ? Instant.Min(between.ToPbx.NextDeadline, between.ToWhatsApp.NextDeadline) : Instant.Never;

    public Instant TransportDeadline => Instant.Min(
        _legs[0]?.TransportDeadline ?? Instant.Never, _legs[1]?.TransportDeadline ?? Instant.Never);

    public Instant ReportDeadline => Instant.Min(Call.RtcpDeadline, Target?.RtcpDeadline ?? Instant.Never);

    public Instant DigitDeadline => Instant.Min(Call.DigitDeadline, Target?.DigitDeadline ?? Instant.Never);

    public RtpLeg this[PbxSide side] => _legs[(int)side] ??= new RtpLeg(context, port, side, identity);

    /// <summary>The agent consults somebody.</summary>
    public bool IsConsulting => _between is not null;

    /// <summary>The call's leg goes on from another process.</summary>
    public SdpRefusal Resume(PbxLegSnapshot from, in LegCounters counters, PbxMediaProfile profile, Instant now)
    {
        _side = from.Side;
        return Call.Resume(from, counters, profile, now);
    }

    /// <summary>From now on agent and target hear each other, and the user neither.</summary>
    public void Consult()
    {
        if (_between is not null)
            return;
        (_agentHeld, _targetHeld) = (false, false);
        _between = new AudioBridge(Call, this[Other(_side)], context, onDigit); // the agent stands in the user's place
    }

    /// <summary>The call's leg is this one from now on; the other's peer leaves.</summary>
    public void Connect(PbxSide side, Instant now)
    {
        _between?.Dispose();
        _between = null;
        _side = side;
        Leave(Other(side), now);
    }

    /// <summary>The phone has left; another may be described.</summary>
    public void Leave(PbxSide side, Instant now)
    {
        if (_legs[(int)side] is not { } leg)
            return;
        leg.SendGoodbye(now);
        leg.Leave(now);
    }

    /// <summary>Carries what came to a leg to the other. False: the agent consults nobody, and it is for the user.</summary>
    public bool TryCarry(RtpLeg from, in RtpPacketReader packet, Instant now)
    {
        _between?.Carry(from, packet, now);
        return _between is not null;
    }

    /// <summary>What has become of the legs: who holds the call leaves the other to us.</summary>
    public void Follow(Instant now)
    {
        if (_between is not { } between)
            return;
        Hold(Call, between.ToPbx, ref _agentHeld, now);
        Hold(this[Other(_side)], between.ToWhatsApp, ref _targetHeld, now);
        between.Refresh(now);
    }

    public void HandleDeadline(Instant now) => _between?.HandleDeadline(now);

    /// <summary>Lets time pass for ICE and DTLS.</summary>
    public void HandleTransportDeadline(Instant now)
    {
        foreach (var leg in _legs)
            leg?.HandleDeadline(now);
    }

    public void SendRtcp(Instant now)
    {
        Call.SendRtcp(now);
        Target?.SendRtcp(now);
    }

    /// <summary>All phones leave, and none comes.</summary>
    public void End(Instant now)
    {
        for (var side = PbxSide.First; side <= PbxSide.Second; side++)
            Leave(side, now);
    }

    public void Dispose()
    {
        _between?.Dispose();
        _nobody?.Dispose();
        foreach (var leg in _legs)
            leg?.Dispose();
    }

    /// <summary>The filler of a path whose source may hold the call.</summary>
    /// <param name="from">The source.</param>
    /// <param name="path">From it.</param>
    /// <param name="wasHeld">As of the last time.</param>
    /// <param name="now">The time.</param>
    /// <returns>True: the source has begun or ended to hold it.</returns>
    public static bool Hold(RtpLeg from, AudioPath path, ref bool wasHeld, Instant now)
    {
        path.Filler = from.IsHeld
            ? TreatmentAudio.Of(from.Profile.OnHold, from.Profile.Ringback) ?? TreatmentAudio.Silence
            : TreatmentAudio.Silence;
        path.FillerAfter = from.Profile.HoldMusicAfter;
        if (from.IsHeld == wasHeld)
            return false;
        wasHeld = from.IsHeld;
        from.LastHeard = now;
        path.BeginHold(now);
        return true;
    }

    private static PbxSide Other(PbxSide side) => side == PbxSide.First ? PbxSide.Second : PbxSide.First;
}
