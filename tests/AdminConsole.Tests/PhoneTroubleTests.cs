using static AdminConsole.Tests.PhoneSteps;

namespace AdminConsole.Tests;

/// <summary>The phone in the browser when connections break, and microphones go away or are late.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PhoneTroubleTests(ConsoleBench bench)
{
    [Fact]
    public async Task A_connection_that_breaks_in_a_call_comes_back_and_the_audio_goes_on()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        var call = await bench.Node.CallAsync(User, "Ada");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        var before = (await call.HearAsync()).PacketsReceived;
        bench.Node.Drop();
        await Assertions.Expect(page.Locator("main").GetByRole(AriaRole.Alert)).ToContainTextAsync("You still hear each other");
        await Assertions.Expect(page.Locator("main .badge", new() { HasText = "Ready" })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await SeeAsync(() => Task.FromResult(call.Renegotiated.Length > 0), "the call over the new connection");
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        Assert.True((await call.HearAsync()).PacketsReceived > before);
        await page.GetByRole(AriaRole.Button, new() { Name = "End" }).ClickAsync();
        await call.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_connection_that_breaks_while_it_rings_takes_the_call_and_the_next_one_rings()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        await bench.Node.CallAsync(User, "Ada");
        await Assertions.Expect(page.Locator(".incoming")).ToBeVisibleAsync();
        bench.Node.Drop();
        await Assertions.Expect(page.Locator(".incoming")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("failed");
        await Assertions.Expect(page.Locator("main .badge", new() { HasText = "Ready" })).ToBeVisibleAsync();
        var next = await bench.Node.CallAsync(User, "Ada");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(next, ConsoleBench.MicrophoneHertz);
        await next.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
    }

    [Fact]
    public async Task A_microphone_that_is_denied_or_goes_away_is_said()
    {
        await using var visit = await bench.PhoneAsync(script:
            """
            const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
            media.getUserMedia = async (wanted) => {
                if (window.isDenied) throw new DOMException("", "NotAllowedError");
                if (window.isGone) throw new DOMException("", "NotFoundError");
                return (window.input = await ask(wanted));
            };
            """);
        var page = visit.Page;
        await page.EvaluateAsync("window.isDenied = true");
        var call = await bench.Node.CallAsync(User, "Ada");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await Assertions.Expect(page.Locator("main .fault")).ToContainTextAsync("The browser has denied the microphone");
        await Assertions.Expect(page.Locator(".incoming")).ToBeVisibleAsync();
        await visit.SaveAsync("phone-microphone-denied");
        await visit.IsSoundAsync("a denied microphone");
        await page.EvaluateAsync("window.isDenied = false");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await Assertions.Expect(page.Locator("main .fault")).ToHaveCountAsync(0);
        await page.EvaluateAsync("window.isGone = true; window.input.getAudioTracks()[0].dispatchEvent(new Event('ended'))");
        await Assertions.Expect(page.Locator("main .fault")).ToContainTextAsync("The microphone went away");
        await page.EvaluateAsync("window.isGone = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))");
        await Assertions.Expect(page.Locator("main .fault")).ToHaveCountAsync(0);
        await call.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
    }

    [Fact]
    public async Task Of_two_microphones_the_last_chosen_is_heard_and_none_stays_open_when_the_call_ends_meanwhile()
    {
        await using var visit = await bench.PhoneAsync(script:
            """
            const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
            window.inputs = [];
            window.waiting = [];
            media.getUserMedia = async (wanted) => {
                const input = await ask(wanted);
                window.inputs.push({ id: wanted.audio.deviceId?.exact ?? "standard", track: input.getAudioTracks()[0] });
                if (window.isSlow) await new Promise((then) => window.waiting.push(then));
                return input;
            };
            """);
        var page = visit.Page;
        const string open = "window.inputs.filter((one) => one.track.readyState === 'live').map((one) => one.id).join()";
        var choice = page.GetByRole(AriaRole.Combobox, new() { Name = "Microphone" });
        var other = (await choice.Locator("option").Last.GetAttributeAsync("value"))!;
        Assert.NotEqual("", other);
        var call = await bench.Node.CallAsync(User, "Ada");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);

        await page.EvaluateAsync("window.isSlow = true");
        await choice.SelectOptionAsync(other);
        await choice.SelectOptionAsync("");
        await SeeAsync(() => page.EvaluateAsync<bool>("window.waiting.length === 2"), "two microphones");
        await page.EvaluateAsync("window.waiting.splice(0).reverse().forEach((then) => then())");
        await SeeAsync(async () => await page.EvaluateAsync<string>(open) == "standard", "the last choice alone");
        await Assertions.Expect(choice).ToHaveValueAsync("");
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);

        await choice.SelectOptionAsync(other);
        await SeeAsync(() => page.EvaluateAsync<bool>("window.waiting.length === 1"), "another microphone");
        await call.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
        await page.EvaluateAsync("window.waiting.pop()()");
        await SeeAsync(async () => await page.EvaluateAsync<string>(open) == "", "the microphone closed");
    }

    [Fact]
    public async Task A_call_is_taken_from_hold_while_the_gateway_has_not_answered_yet()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        var call = await bench.Node.CallAsync(User, "Ada");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        var answers = new TaskCompletionSource();
        call.AnswersAfter = answers.Task;
        var hold = page.GetByRole(AriaRole.Button, new() { Name = "Hold" });
        await hold.ClickAsync();
        await SeeAsync(() => Task.FromResult(call.Renegotiations == 1), "the hold");
        var held = page.Locator(".badge", new() { HasText = "On hold" });
        await Assertions.Expect(held).ToBeVisibleAsync();
        await hold.ClickAsync();
        answers.SetResult();
        await Assertions.Expect(held).ToHaveCountAsync(0);
        await SeeAsync(() => Task.FromResult(call.Renegotiations == 2), "the end of the hold");
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await call.HangUpAsync();
    }

    [Fact]
    public async Task The_silence_of_a_held_call_is_no_trouble()
    {
        await using var visit = await bench.PhoneAsync(script:
            """
            const stats = RTCPeerConnection.prototype.getStats;
            window.looks = 0;
            RTCPeerConnection.prototype.getStats = function () {
                if (!window.isSilent) return stats.call(this);
                window.looks++;
                return Promise.resolve(new Map([["audio", { type: "inbound-rtp", kind: "audio", packetsReceived: 1 }]]));
            };
            """);
        var page = visit.Page;
        var call = await bench.Node.CallAsync(User, "Ada");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        var hold = page.GetByRole(AriaRole.Button, new() { Name = "Hold" });
        await hold.ClickAsync();
        await SeeAsync(() => Task.FromResult(call.Renegotiations == 1), "the hold");
        await page.EvaluateAsync("window.isSilent = true");
        await SeeAsync(() => page.EvaluateAsync<bool>("window.looks >= 6"), "the looks");
        Assert.Equal(1, call.Renegotiations);
        await hold.ClickAsync();
        await SeeAsync(() => Task.FromResult(call.Renegotiations >= 3), "a look whether the call is over");
        await call.HangUpAsync();
    }
}
