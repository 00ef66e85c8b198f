using System.Runtime.CompilerServices;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>An answer that waits to be sent.</summary>
internal readonly record struct IceReply(
    StunTransactionId Transaction, TransportAddress Local, TransportAddress Remote, StunErrorCode Error, IceUnknownTypes Unknown);

/// <summary>The first four attribute types that a 420 lists, in a value.</summary>
internal readonly record struct IceUnknownTypes(ulong Packed, int Count)
{
    public const int Max = 4;

    public static IceUnknownTypes From(ReadOnlySpan<ushort> types)
    {
        ulong packed = 0;
        for (var i = 0; i < types.Length; i++)
            packed |= (ulong)types[i] << 16 * i;
        return new IceUnknownTypes(packed, types.Length);
    }

    public ReadOnlySpan<ushort> CopyTo(Span<ushort> types)
    {
        for (var i = 0; i < Count; i++)
            types[i] = (ushort)(Packed >> 16 * i);
        return types[..Count];
    }
}

/// <summary>The answers between <c>HandleDatagram</c> and the next drain. When full, the peer's retransmission gets the answer.</summary>
internal sealed class IceReplies
{
    private const int Max = 16;

    private Ring _ring;
    private int _first;

    public int Count { get; private set; }

    public void Add(in IceReply reply)
    {
        if (Count == Max)
            return;
        _ring[(_first + Count) % Max] = reply;
        Count++;
    }

    public bool TryTake(out IceReply reply)
    {
        reply = _ring[_first];
        if (Count == 0)
            return false;
        _first = (_first + 1) % Max;
        Count--;
        return true;
    }

    [InlineArray(Max)]
    private struct Ring
    {
        private IceReply _first;
    }
}
