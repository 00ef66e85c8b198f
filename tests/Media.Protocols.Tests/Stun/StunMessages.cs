using System.Buffers.Binary;
using System.Text;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;
using Testing;

namespace Media.Protocols.Tests.Stun;

/// <summary>Messages as a peer would write them.</summary>
internal static class StunMessages
{
    public static byte[] Check(
        IceCredentials receiver, bool useCandidate = false, uint priority = 1, ulong? controlling = 1, ulong? controlled = null,
        ushort unknown = 0, int seed = 1)
    {
        var buffer = new byte[1000];
        var request = new StunWriter(buffer, StunClass.Request, StunTransactionId.Next(new SeededEntropy(seed)));
        request.Add(StunAttribute.Username, Encoding.ASCII.GetBytes(receiver.Ufrag + ":peer"));
        request.AddPriority(priority);
        if (controlling is { } value)
            request.AddControlling(value);
        if (controlled is { } other)
            request.AddControlled(other);
        if (useCandidate)
            request.AddUseCandidate();
        if (unknown != 0)
            request.Add((StunAttribute)unknown, "what?"u8);
        Assert.True(request.TryFinish(Encoding.ASCII.GetBytes(receiver.Password), out var length));
        return buffer[..length];
    }

    public static byte[] Success(StunTransactionId transaction, string password, TransportAddress mapped)
    {
        var buffer = new byte[200];
        var response = new StunWriter(buffer, StunClass.Success, transaction);
        response.AddXorMappedAddress(mapped);
        Assert.True(response.TryFinish(Encoding.ASCII.GetBytes(password), out var length));
        return buffer[..length];
    }

    public static byte[] Error(StunTransactionId transaction, string password, StunErrorCode code)
    {
        var buffer = new byte[200];
        var response = new StunWriter(buffer, StunClass.Error, transaction);
        response.AddErrorCode(code);
        Assert.True(response.TryFinish(Encoding.ASCII.GetBytes(password), out var length));
        return buffer[..length];
    }

    /// <summary>The same message without its FINGERPRINT, so that only MESSAGE-INTEGRITY protects it.</summary>
    public static byte[] WithoutFingerprint(byte[] message)
    {
        var shorter = message[..^8];
        BinaryPrimitives.WriteUInt16BigEndian(shorter.AsSpan(2), (ushort)(shorter.Length - StunReader.HeaderLength));
        return shorter;
    }

    /// <summary>Every proper beginning of a message, and every message that differs in one bit.</summary>
    public static IEnumerable<byte[]> Damage(byte[] message)
    {
        for (var length = 0; length < message.Length; length++)
            yield return message[..length];
        for (var bit = 0; bit < message.Length * 8; bit++)
        {
            var flipped = (byte[])message.Clone();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            yield return flipped;
        }
    }
}
