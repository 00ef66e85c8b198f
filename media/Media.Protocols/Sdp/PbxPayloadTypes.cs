namespace Media.Protocols.Sdp;

/// <summary>
/// The payload types of one pbx leg and their formats, newest first: a number that was once given a meaning keeps it for as long
/// as the session lives (RFC 3264 §8.3.2), so our later offers reuse what the peer or we named before.
/// </summary>
internal sealed class PbxPayloadTypes
{
    /// <summary>The dynamic range (RFC 3551 §6).</summary>
    private const byte First = 96, Last = 127;

    private readonly List<RtpMap> _known = [];

    /// <param name="maps">In order of preference: of two numbers for one format the first is reused.</param>
    public void Learn(IReadOnlyList<RtpMap> maps)
    {
        foreach (var map in maps.Reverse())
        {
            _known.RemoveAll(known => known.PayloadType == map.PayloadType);
            _known.Insert(0, map);
        }
    }

    /// <summary>All mappings named so far, and those of <paramref name="answer"/> whose numbers are new.</summary>
    public IReadOnlyList<RtpMap> Known(params IReadOnlyList<RtpMap> answer) =>
        [.. _known, .. answer.Where(map => !IsTaken(map.PayloadType))];

    public RtpMap Codec(AudioCodec codec) => Choose(RtpMap.Of(codec, codec.DefaultPayloadType()), known => known.Codec == codec);

    public RtpMap TelephoneEvent(int clockRate)
    {
        // 101 at 8000 Hz is what every PBX uses; at 48000 Hz browsers use 110.
        var wanted = new RtpMap((byte)(clockRate == 8000 ? 101 : 110), "telephone-event", clockRate, 1);
        return Choose(wanted, known => known.IsTelephoneEvent && known.ClockRate == clockRate);
    }

    private RtpMap Choose(RtpMap wanted, Predicate<RtpMap> isSame)
    {
        var known = _known.Find(isSame);
        var chosen = wanted with { PayloadType = known.Encoding is null ? Free(wanted.PayloadType) : known.PayloadType };
        Learn([chosen]);
        return chosen;
    }

    private byte Free(byte wanted)
    {
        if (!IsTaken(wanted))
            return wanted;
        for (var type = First; type <= Last; type++)
            if (!IsTaken(type))
                return type;
        return wanted; // all 32 named by the peer: the new meaning has to replace one
    }

    private bool IsTaken(byte type) => _known.Exists(known => known.PayloadType == type);
}
