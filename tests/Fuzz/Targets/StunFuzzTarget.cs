using Media.Protocols.Stun;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads a STUN message and touches everything in it, authentic or not.</summary>
public sealed class StunFuzzTarget : IFuzzTarget
{
    public string Name => "stun";

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!StunReader.TryRead(input, out var message, out var error))
        {
            Require(error != StunReadError.None, "a refusal has a reason");
            Require(!StunReader.TryGetUsername(input, out _), "what is no message has no username");
            return;
        }
        Require(error == StunReadError.None, "a message has no error");
        Require(!message.HasValidIntegrity("a key that no seed was made with"u8), "integrity needs the key");
        Require(message.ErrorCode is 0 or (>= 300 and < 700), "an error code is in its range");
        Require(message.Username.Length <= 513, "a username is limited");
        Span<ushort> types = stackalloc ushort[8];
        Require(message.FindUnknownRequired(types) <= types.Length, "unknown attributes fit");
        foreach (var type in types[..message.ReadUnknownAttributes(types)])
            _ = type;
        _ = (message.Priority, message.Controlling, message.Controlled, message.UseCandidate, message.XorMappedAddress,
            message.TransactionId);
        _ = message.ErrorReason.Length + message.Realm.Length + message.Software.Length;
        StunReader.TryGetReceiverUfrag(input, out _);
    }
}
