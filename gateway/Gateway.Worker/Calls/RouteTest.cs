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
        var text = dialled.Contains(':', StringComparison.Ordinal)
            ? dialled
            : $"sip:{dialled.Replace(" ", "", StringComparison.Ordinal)}@gateway";
        if (!SipUri.TryParse(text, out var uri) || uri.Subscriber is not { } subscriber)
        {
            output.WriteLine($"'{dialled}' cannot be dialled: it is neither a number nor a sip: or tel: address.");
            return 1;
        }
        var (user, result) = Dialled.Of(subscriber, uri.PhoneContext, trunk);
        output.WriteLine($"Trunk {name}, dialled {dialled}");
        foreach (var step in result.Steps)
            output.WriteLine("  " + step);
        if (user is null)
        {
            output.WriteLine($"Refused with 404: {result.Refusal}.");
            return 1;
        }
        var channel = options.Channels.First(one => trunk.Channel is null || one.PhoneNumberId == trunk.Channel);
        output.WriteLine(
            $"Calls {(user.Phone is { } phone ? "+" + phone : user.UserId)} from channel {channel.PhoneNumberId} (+{channel.Number}).");
        return 0;
    }
}
