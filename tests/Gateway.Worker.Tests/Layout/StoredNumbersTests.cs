using System.Reflection;
using System.Text.Json.Serialization;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Registrar;
using Gateway.Storage.Commands;
using Gateway.WhatsApp.Webhooks;

namespace Gateway.Worker.Tests.Layout;

/// <summary>
/// Members of enums that nodes give each other in Redis as numbers: a version that runs beside the one before means the same by each. New
/// members come last.
/// </summary>
public sealed class StoredNumbersTests
{
    /// <summary>What is kept in Redis, or sent through it.</summary>
    private static readonly Type[] Stored =
    [
        typeof(LiveCall), typeof(SipDialogSnapshot), typeof(SharedContact), typeof(AgentPresence), typeof(AgentActivity),
        typeof(ForwardedEvent), typeof(NodeCommand), typeof(CommandReply),
    ];

    /// <summary>The members in the order of their numbers, from zero.</summary>
    private static readonly Dictionary<string, string> Numbers = new()
    {
        ["AgentActivity"] = "None Ringing Busy WrapUp",
        ["AgentPresence"] = "Offline Available Away",
        ["CallDirection"] = "Inbound Outbound",
        ["CallState"] = "New Admitting Reserving PreAccepting RingingPbx TakingAnswerLock Accepting Waiting ConnectingWhatsApp "
            + "RingingWhatsApp Live Ending Ended",
        ["CommandOutcome"] = "Done UnknownCall NodeUnreachable Refused",
        ["ConsultationState"] = "None Ringing Answered",
        ["RemoteCallState"] = "Ringing Accepted Rejected",
        ["SdpType"] = "Offer Answer",
        ["SipTransport"] = "Udp Tcp Tls",
        ["TerminateOutcome"] = "Completed Failed Other",
        ["TransferMode"] = "Blind Consult",
    };

    [Fact]
    public void Each_member_has_the_number_that_it_has_in_Redis()
    {
        var found = new HashSet<Type>();
        foreach (var type in Stored)
            Find(type, found);
        var now = found.Where(type => type.IsEnum).ToDictionary(type => type.Name, MembersOf);
        Assert.Equal(string.Join(' ', Numbers.Keys.Order()), string.Join(' ', now.Keys.Order()));
        Assert.All(Numbers, known => Assert.StartsWith(known.Value + " ", now[known.Key] + " ", StringComparison.Ordinal));
    }

    private static string MembersOf(Type type) => string.Join(
        ' ', Enumerable.Range(0, Enum.GetValues(type).Length).Select(number => Enum.GetName(type, number) ?? "?"));

    /// <summary>All types of ours that the JSON of one has.</summary>
    private static void Find(Type type, HashSet<Type> found)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            type = value;
        foreach (var argument in type.GetGenericArguments())
            Find(argument, found);
        if (type.GetCustomAttribute<JsonConverterAttribute>() is not null || type.Assembly == typeof(string).Assembly || !found.Add(type))
            return;
        foreach (var derived in type.GetCustomAttributes<JsonDerivedTypeAttribute>())
            Find(derived.DerivedType, found);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            Find(property.PropertyType.GetElementType() ?? property.PropertyType, found);
    }
}
