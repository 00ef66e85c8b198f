using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine;

/// <summary>All that a <see cref="Loop.MediaEngine"/> is configured with. Validated whole before start.</summary>
public sealed record MediaEngineOptions
{
    /// <summary>Loop threads; 0 = one per core.</summary>
    public int Loops { get; init; }

    public WhatsAppSideOptions WhatsApp { get; init; } = new();

    public PbxSideOptions Pbx { get; init; } = new();

    public OpusOptions Opus { get; init; } = new();

    /// <summary>
    /// Longest wait for a missing packet before it is concealed; two packets after it end the wait too. On a network that is seen to
    /// reorder it grows, to 120 ms at most.
    /// </summary>
    public TimeSpan ReorderWindow { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>
    /// A source that sends nothing for this long is silent: generated silence takes its place. Towards WhatsApp 300 ms at most.
    /// </summary>
    public TimeSpan SilenceAfter { get; init; } = TimeSpan.FromSeconds(1);

    public PlayoutOptions Playout { get; init; } = new();

    /// <summary>Nothing received from a leg for this long gives <see cref="MediaEvent.MediaTimeout"/>.</summary>
    public TimeSpan MediaTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The interval at which the quality of a conversation is sampled (<see cref="MediaEvent.Sampled"/>); 0: never.</summary>
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A leg that is not heard for so long while the other one is makes one-way audio.</summary>
    public TimeSpan OneWayAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The part of a processor that a loop may use, %, and still be given new calls: 10 … 100, where 100 means that only ports limit them.
    /// Below 100 a loop that is late takes none either. See <see cref="Loop.MediaEngine.HasHeadroom"/>.
    /// </summary>
    public int MaxLoadPercent { get; init; } = 90;

    /// <summary>
    /// The part of all processors that the process may use, %, and still be given new calls: 10 … 100, where 100 means that it does not
    /// count. Below <see cref="MaxLoadPercent"/>, since what sets up calls is not the loops' and keeps them waiting.
    /// </summary>
    public int MaxProcessPercent { get; init; } = 85;

    internal int EffectiveLoops => Loops == 0 ? Environment.ProcessorCount : Loops;

    /// <summary>Every error in these values, in words for an operator; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Loops is < 0 or > 256)
            errors.Add($"Loops: {Loops} is not within 0 … 256.");
        if (MaxLoadPercent is < 10 or > 100)
            errors.Add($"MaxLoadPercent: {MaxLoadPercent} is not within 10 … 100.");
        if (MaxProcessPercent is < 10 or > 100)
            errors.Add($"MaxProcessPercent: {MaxProcessPercent} is not within 10 … 100.");
        errors.AddRange(WhatsApp.Validate(EffectiveLoops));
        errors.AddRange(Pbx.Validate());
        errors.AddRange(Opus.Validate());
        if (ReorderWindow < TimeSpan.Zero || ReorderWindow > TimeSpan.FromMilliseconds(500))
            errors.Add("ReorderWindow: 0 … 500 ms.");
        if (SilenceAfter < TimeSpan.FromMilliseconds(100) || SilenceAfter > TimeSpan.FromSeconds(10))
            errors.Add("SilenceAfter: 100 ms … 10 s.");
        errors.AddRange(Playout.Validate());
        if (MediaTimeout < TimeSpan.FromSeconds(1))
            errors.Add("MediaTimeout: at least 1 s.");
        if (SampleInterval != TimeSpan.Zero && (SampleInterval < TimeSpan.FromSeconds(1) || SampleInterval > TimeSpan.FromMinutes(5)))
            errors.Add("SampleInterval: 1 s … 5 min, or 0: never.");
        if (OneWayAfter < TimeSpan.FromSeconds(1) || OneWayAfter > TimeSpan.FromMinutes(1))
            errors.Add("OneWayAfter: 1 s … 1 min.");
        return errors;
    }
}

/// <summary>The network side of the WhatsApp legs.</summary>
public sealed record WhatsAppSideOptions
{
    /// <summary>One socket per binding and loop; as a rule one IPv4 and one IPv6.</summary>
    public IReadOnlyList<MediaBinding> Bindings { get; init; } = [new()];

    /// <summary>UDP port of the first loop, the next loops use the ports after it; 0 = ports chosen by the system.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Ports a loop may open, 1 … 256. One is enough as long as no two of its calls go to the same address of a WhatsApp relay; a call that
    /// would, takes another. They follow <see cref="Port"/>: a firewall lets Port … Port + Loops × PortsPerLoop − 1 pass.
    /// </summary>
    public int PortsPerLoop { get; init; } = 32;

    /// <summary>
    /// Offer G.711 beside Opus in calls we place: for numbers whose `audio.additional_codecs` setting names it. Accepted from WhatsApp in
    /// any case.
    /// </summary>
    public bool OfferG711 { get; init; }

    /// <summary>
    /// From the peer's description to a connected leg, ringing included: a backstop behind the call's own deadlines; longer is
    /// <see cref="WebRtcFailure.IceFailed"/> or <see cref="WebRtcFailure.DtlsTimeout"/>.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(2);

    internal IEnumerable<string> Validate(int loops)
    {
        if (Bindings.Count is 0 or > 8)
            yield return "WhatsApp.Bindings: 1 … 8 bindings.";
        foreach (var error in Bindings.SelectMany((binding, i) => binding.Validate($"WhatsApp.Bindings[{i}]")))
            yield return error;
        if (PortsPerLoop is < 1 or > 256)
            yield return $"WhatsApp.PortsPerLoop: {PortsPerLoop} is not within 1 … 256.";
        if (Port < 0 || Port + loops * PortsPerLoop - 1 > ushort.MaxValue)
            yield return $"WhatsApp.Port: {Port} and the {loops * PortsPerLoop - 1} ports after it are not all within 0 … 65535.";
        if (ConnectTimeout < TimeSpan.FromSeconds(1))
            yield return "WhatsApp.ConnectTimeout: at least 1 s.";
    }
}

/// <summary>The network side of the PBX legs.</summary>
public sealed record PbxSideOptions
{
    /// <summary>
    /// The first of an address family serves every PBX that names no other (<see cref="PbxMediaProfile.Address"/>); only the first
    /// advertised address of each is used.
    /// </summary>
    public IReadOnlyList<MediaBinding> Bindings { get; init; } = [new()];

    /// <summary>First port of the range; rounded up to even (RFC 3550 §11).</summary>
    public int PortMin { get; init; } = 20000;

    /// <summary>Last port of the range, inclusive. A call takes two.</summary>
    public int PortMax { get; init; } = 29999;

    /// <summary>Ask PBXs what their listeners hear, and tell those that ask what ours hear (RTCP XR, RFC 3611 §4.7).</summary>
    public bool VoipMetrics { get; init; } = true;

    /// <summary>The time that a released pair rests, so that late packets of one call are not heard in the next.</summary>
    public TimeSpan Quarantine { get; init; } = TimeSpan.FromSeconds(30);

    internal IEnumerable<string> Validate()
    {
        if (Bindings.Count is 0 or > 16)
            yield return "Pbx.Bindings: 1 … 16 bindings.";
        var valid = true;
        foreach (var error in Bindings.SelectMany((binding, i) => binding.Validate($"Pbx.Bindings[{i}]")))
        {
            valid = false;
            yield return error;
        }
        if (valid && Bindings.Select(b => b.AdvertisedAddresses[0]).Distinct().Count() != Bindings.Count)
            yield return "Pbx.Bindings: two bindings advertise one address.";
        if (PortMin is < 1024 or > 65534 || PortMax > 65535 || PortMax - PortMin < 1)
            yield return $"Pbx.PortMin … PortMax: {PortMin} … {PortMax} holds no pair within 1024 … 65535.";
        if (Quarantine < TimeSpan.Zero)
            yield return "Pbx.Quarantine: not negative.";
    }
}

/// <summary>The time that audio is held back for PBXs that want it at a steady pace (<see cref="AudioPlayout.Adaptive"/>).</summary>
public sealed record PlayoutOptions
{
    /// <summary>Shortest delay, on a network without jitter; 0 … 200 ms.</summary>
    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest delay; what comes later is left out. At most 300 ms.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    internal IEnumerable<string> Validate()
    {
        if (MinDelay < TimeSpan.Zero || MinDelay > TimeSpan.FromMilliseconds(200))
            yield return "Playout.MinDelay: 0 … 200 ms.";
        if (MaxDelay < MinDelay || MaxDelay < TimeSpan.FromMilliseconds(20) || MaxDelay > TimeSpan.FromMilliseconds(300))
            yield return "Playout.MaxDelay: 20 … 300 ms, and not below MinDelay.";
    }
}

/// <summary>The way in which audio towards WhatsApp is encoded.</summary>
public sealed record OpusOptions
{
    /// <summary>libopus (Native), Concentus (Managed), or Auto: libopus where it can be used, else Concentus.</summary>
    public OpusImplementation Implementation { get; init; }

    /// <summary>bit/s; WhatsApp asks for at most 20000, and a lower `maxaveragebitrate` of the peer wins.</summary>
    public int Bitrate { get; init; } = 20000;

    /// <summary>0 (cheapest) … 10.</summary>
    public int Complexity { get; init; } = 5;

    /// <summary>In-band forward error correction (RFC 6716 §2.1.7).</summary>
    public bool Fec { get; init; } = true;

    /// <summary>Loss the encoder prepares for, %: until the peer reports, if <see cref="FollowLoss"/>.</summary>
    public int ExpectedLossPercent { get; init; } = 10;

    /// <summary>
    /// Error correction and bit rate follow the loss that the peer reports: without any, thin copies; above 10 % up to a fifth more than
    /// <see cref="Bitrate"/>, where the peer's `maxaveragebitrate` allows it.
    /// </summary>
    public bool FollowLoss { get; init; } = true;

    /// <summary>
    /// A loop that is short of time encodes with complexity 3 at most, then with 2 and without error correction, then with 0, and goes back
    /// when it has time again.
    /// </summary>
    public bool Governor { get; init; } = true;

    /// <summary>
    /// Whether silence is left out: after a tenth of a second of it a packet goes each 0.28 s, for the noise of the line and for peers that
    /// end calls that fall silent.
    /// </summary>
    public OpusDtx Dtx { get; init; } = OpusDtx.WherePreferred;

    internal bool LeavesOutSilence(OpusFormat peer) => Dtx == OpusDtx.Always || Dtx == OpusDtx.WherePreferred && peer.UseDtx;

    internal IEnumerable<string> Validate()
    {
        if (Bitrate is < 6000 or > 64000)
            yield return $"Opus.Bitrate: {Bitrate} is not within 6000 … 64000.";
        if (Complexity is < 0 or > 10)
            yield return $"Opus.Complexity: {Complexity} is not within 0 … 10.";
        if (ExpectedLossPercent is < 0 or > 100)
            yield return $"Opus.ExpectedLossPercent: {ExpectedLossPercent} is not within 0 … 100.";
    }
}
