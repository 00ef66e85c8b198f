using Gateway.Sip.Messages;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads a SIP datagram, touches every typed header, validates it, answers it, and writes what was read.</summary>
public sealed class SipFuzzTarget : IFuzzTarget
{
    private static readonly SipCapabilities Capabilities = new(
        [SipMethod.Invite, SipMethod.Options, SipMethod.Bye], ["timer"], [MediaType.Sdp]);

    public string Name => "sip";

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!SipParser.TryParse(input, out var message, out var error))
        {
            Require(error.Fault != SipParseFault.None, "a refusal has a reason");
            if (error.CreateResponse("tag") is { } refusal)
                _ = SipWriter.Write(refusal);
            return;
        }
        Require(error.Fault == SipParseFault.None, "a message has no fault");
        Touch(message);
        CheckWriting(message);
        if (message is not SipRequest request)
            return;
        var answer = RequestValidator.Validate(request, Capabilities)?.CreateResponse(request, "tag")
            ?? SipResponse.CreateFor(request, 200, "tag");
        CheckWriting(answer);
        Require(answer.TopVia == request.TopVia && answer.CSeq == request.CSeq, "an answer belongs to its request");
        Require(answer.ToTag == (request.ToTag.Length > 0 ? request.ToTag : "tag"), "an answer has a To tag");
    }

    private static void Touch(SipMessage message)
    {
        _ = (message.TopVia, message.From, message.To, message.CallId, message.CSeq, message.Contact, message.Routes, message.RecordRoutes);
        _ = (message.TopVia.HasUniqueBranch, message.TopVia.ResponsePort, message.TopVia.Received, message.FromTag, message.ToTag);
        _ = (message.Number("Max-Forwards"), message.Number("Expires"), ReasonHeader.Read(message));
        _ = (SessionExpires.TryParse(message.Headers["Session-Expires"], out _), RAck.TryParse(message.Headers["RAck"], out _));
        _ = (ReplacesHeader.TryParse(message.Headers["Replaces"], out _), WarningHeader.TryParse(message.Headers["Warning"], out _));
        _ = SipBody.TryFind(message, MediaType.Sdp, out _);
        foreach (var address in message.Addresses("Refer-To"))
            _ = (ReplacesHeader.TryReadFrom(address.Uri, out _), address.Uri.IsEquivalentTo(message.From.Uri));
        Require(message.Headers.Count <= SipLimits.MaxHeaders, "headers are limited");
        foreach (var (name, value) in message.Headers)
            Require(value.AsSpan().IndexOfAny('\r', '\n') < 0 && SipGrammar.IsToken(name), "a header is one line");
    }

    private static void CheckWriting(SipMessage message)
    {
        var written = SipWriter.Write(message);
        Require(SipParser.TryParse(written, out var again, out var error), $"what was written can be read ({error})");
        Require(SipWriter.Write(again!).AsSpan().SequenceEqual(written), "writing is stable");
        Require(
            again!.Headers.Count == message.Headers.Count && again.Body.Span.SequenceEqual(message.Body.Span), "nothing is lost or added");
    }
}
