using Gateway.Calls;
using Gateway.Sip.Messages;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Calls;

/// <summary>Shows the result of a trunk's dial rules for a number, as if the PBX had dialled it.</summary>
internal static class RouteTest
{
    /// <param name="options">The configuration.</param>
    /// <param name="name">The trunk.</param>
    /// <param name="dialled">A number, a user id or a whole sip: or tel: URI, with or without phone-context.</param>
    /// <param name="output">The writer of the result.</param>
    /// <returns>The exit code: 0 where a user would be called, else 1.</returns>
    public static int Run(GatewayOptions options, string name, string dialled, TextWriter output)
    {
        if (options.Sip.AllTrunks().FirstOrDefault(one => one.Name == name) is not { } trunk)
        {
            var names = string.Join(", ", options.Sip.AllTrunks().Select(one => one.Name));
            output.WriteLine($"There is no trunk '{name}'; available: {names}.");
            return 1;
        }
        if (Subscriber(dialled) is not var (subscriber, phoneContext))
        {
            output.WriteLine($"'{dialled}' cannot be dialled: it is neither a number nor a sip: or tel: address.");
            return 1;
        }
        var (user, result) = Dialled.Of(subscriber, phoneContext, trunk);
        output.WriteLine($"Trunk {name}, dialled {dialled}");
        foreach (var step in result.Steps)
            output.WriteLine("  " + step);
        if (user is null)
        {
            output.WriteLine($"Refused with 404: {result.Refusal}.");
            return 1;
        }
        var channel = ChannelOf(options, trunk);
        output.WriteLine(
            $"Calls {(user.Phone is { } phone ? "+" + phone : user.UserId)} from channel {channel.PhoneNumberId} (+{channel.Number}).");
        return 0;
    }

    /// <summary>Whom it calls, and by which channel; null where <see cref="Run"/> refuses.</summary>
    public static (WhatsAppUser User, ChannelId Channel)? Target(GatewayOptions options, string name, string dialled) =>
        options.Sip.AllTrunks().FirstOrDefault(one => one.Name == name) is { } trunk
        && Subscriber(dialled) is var (subscriber, phoneContext) && Dialled.Of(subscriber, phoneContext, trunk).User is { } user
            ? (user, new ChannelId(ChannelOf(options, trunk).PhoneNumberId)) : null;

    private static ChannelOptions ChannelOf(GatewayOptions options, TrunkConfiguration trunk) =>
        options.Channels.First(one => trunk.Channel is null || one.PhoneNumberId == trunk.Channel);

    private static (string Subscriber, string? PhoneContext)? Subscriber(string dialled)
    {
        var text = dialled.Contains(':', StringComparison.Ordinal)
            ? dialled
            : $"sip:{dialled.Replace(" ", "", StringComparison.Ordinal)}@gateway";
        return SipUri.TryParse(text, out var uri) && uri.Subscriber is { } subscriber ? (subscriber, uri.PhoneContext) : null;
    }
}
