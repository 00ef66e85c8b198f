namespace AdminConsole.Tests;

/// <summary>What tests of the phone in the browser begin with, and wait for.</summary>
internal static class PhoneSteps
{
    /// <summary>The number of who calls, and is called.</summary>
    public const string User = "4915112345678";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The phone of anna, switched on and registered.</summary>
    public static async Task<Visit> PhoneAsync(
        this ConsoleBench bench, bool isDark = false, bool isNarrow = false, string language = "en", string? script = null)
    {
        var visit = await bench.EnterAsync(isDark, isNarrow, language, agent: "anna");
        if (script is not null)
            await visit.Page.AddInitScriptAsync(script);
        await visit.OpenAsync("/phone");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = language == "de" ? "Einschalten" : "Switch on" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("main .badge", new() { HasText = language == "de" ? "Bereit" : "Ready" }))
            .ToBeVisibleAsync(new() { Timeout = 30_000 });
        return visit;
    }

    /// <summary>Waits until the other side hears this tone; null: silence.</summary>
    public static Task HearsAsync(StandInCall call, double? hertz) => SeeAsync(
        async () => await call.HearAsync() is var heard && hertz is { } tone
            ? heard.ToneHertz is { } one && Math.Abs(one - tone) < 20
            : heard.ToneHertz is null && heard.LevelDb < -50,
        hertz is null ? "silence" : $"a tone of {hertz} Hz");

    public static async Task SeeAsync(Func<Task<bool>> isSo, string what)
    {
        var until = DateTime.UtcNow + Patience;
        while (!await isSo())
        {
            Assert.True(DateTime.UtcNow < until, $"{what} did not come");
            await Task.Delay(100);
        }
    }
}
