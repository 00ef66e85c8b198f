using Gateway.Sip.Messages;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Cuts a byte stream into SIP messages, whole and byte by byte; the messages have to be the same.</summary>
public sealed class SipStreamFuzzTarget : IFuzzTarget
{
    public string Name => "sip-stream";

    public void Run(ReadOnlySpan<byte> input)
    {
        var (whole, fault) = Cut(input, Math.Max(1, input.Length));
        var (bytewise, sameFault) = Cut(input, 1);
        Require(fault == sameFault, "a stream breaks for the same reason however it is cut");
        Require(whole.Count == bytewise.Count, "a stream holds the same messages however it is cut");
        for (var i = 0; i < whole.Count; i++)
            Require(whole[i].AsSpan().SequenceEqual(bytewise[i]), "a message has the same bytes however its stream is cut");
    }

    private static (List<byte[]> Messages, SipParseFault Fault) Cut(ReadOnlySpan<byte> input, int segment)
    {
        var framer = new SipStreamFramer();
        List<byte[]> messages = [];
        for (var at = 0; at < input.Length; at += segment)
        {
            framer.Append(input.Slice(at, Math.Min(segment, input.Length - at)));
            SipFrameKind kind;
            while ((kind = framer.TryRead(out var frame)) is not (SipFrameKind.None or SipFrameKind.Broken))
            {
                if (kind == SipFrameKind.Message)
                    messages.Add(frame.ToArray());
            }
            Require(kind == SipFrameKind.Broken == (framer.Fault != SipParseFault.None), "a broken stream has a reason");
            if (kind == SipFrameKind.Broken)
                break;
        }
        return (messages, framer.Fault);
    }
}
