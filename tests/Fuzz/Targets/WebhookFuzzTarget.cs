using Gateway.WhatsApp;
using Gateway.WhatsApp.Webhooks;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// A webhook body: nothing throws, events and a reason exclude each other, limits hold, reading is repeatable, and every event that belongs
/// to a call names it.
/// </summary>
public sealed class WebhookFuzzTarget : IFuzzTarget
{
    public string Name => "webhooks";

    public void Run(ReadOnlySpan<byte> input)
    {
        var body = input.ToArray();
        var read = WebhookReader.TryRead(body, out var batch, out var error);
        Require(read == (error == WebhookError.None), "a batch or a reason");
        Require(read || (batch.Events.Count == 0 && batch.Skipped.Count == 0), "a refused body says nothing");
        Require(batch.Events.Count <= WebhookBatch.MaxEvents && batch.Skipped.Count <= WebhookBatch.MaxEvents, "a batch has a limit");
        foreach (var found in batch.Events)
        {
            if (WebhookMapping.TryMap(found, out var id, out var mapped))
                Require(id.Value.Length > 0 && mapped is not null, "a call's event names its call");
            Require(found is not WebhookEvent.CallConnect { Sdp.Length: 0 }, "a connect has SDP");
            Require(found is not WebhookEvent.Unknown { What.Length: > 64 }, "a peer's words are bounded");
            Require(found.ToString() == found.GetType().Name, "an event prints nothing it holds");
        }
        WebhookReader.TryRead(body, out var again, out _);
        Require(again.Events.Count == batch.Events.Count && again.Skipped.SequenceEqual(batch.Skipped), "reading twice reads the same");
    }
}
