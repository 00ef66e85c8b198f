using Gateway.Sip.Dialogs;
using Gateway.Worker.Calls;
using Gateway.Worker.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>What other nodes need of a call is left when it changes, and not only when it is the call's turn.</summary>
[Collection(StoresCollection.Name)]
public sealed class ChangedCallTests(Stores stores)
{
    [Fact]
    public async Task A_call_is_saved_anew_when_it_is_answered_and_when_its_phone_holds_it_and_not_in_between()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var calls = bench.Gateway.Service<CallSupervisor>();
        Task<IReadOnlyList<SavedCall>> ChangedAsync() => calls.SaveAsync(_ => false);

        await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var phone = await bench.Pbx.NextAsync();
        Assert.Empty(await ChangedAsync());
        await phone.AnswerAsync();
        var answered = await Eventually.SeeAsync(ChangedAsync, saved => saved.Count == 1, "it is saved when it is answered");
        Assert.DoesNotContain("sendonly", answered[0].Phone.RemoteSdp, StringComparison.Ordinal);
        await Eventually.SeeAsync(ChangedAsync, saved => saved.Count == 0, "it stays as it was saved");

        await phone.Sip.OfferAsync(phone.Phone.Sdp.Replace("sendrecv", "sendonly", StringComparison.Ordinal));
        await phone.NextAsync<SipCallEvent.AnswerReceived>();
        await Eventually.SeeAsync(
            ChangedAsync, saved => saved.Any(one => one.Phone.RemoteSdp!.Contains("sendonly", StringComparison.Ordinal)),
            "it is saved as it is held");
        await phone.HangUpAsync();
    }
}
