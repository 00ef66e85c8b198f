using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Events;

namespace Gateway.Storage.Contacts;

/// <summary>The events of a change of a permission.</summary>
internal static class PermissionEvents
{
    /// <param name="contact">The contact before the change.</param>
    /// <param name="after">Its permission then.</param>
    /// <param name="at">The time of what changed it.</param>
    /// <param name="call">The call in which it happened.</param>
    public static IEnumerable<NewEvent> Of(Contact contact, ContactPermission after, DateTimeOffset at, CallId? call)
    {
        var before = contact.Permission;
        // A permission that is revoked again, by Meta's webhook after our own count, is no news.
        if ((before.State, before.Since, before.ExpiresAt) != (after.State, after.Since, after.ExpiresAt)
            && !(before.State == PermissionState.Revoked && after.State == PermissionState.Revoked))
            yield return Event(
                after.State switch
                {
                    PermissionState.Temporary or PermissionState.Permanent => EventKind.PermissionGranted,
                    PermissionState.Declined => EventKind.PermissionDeclined,
                    _ => EventKind.PermissionRevoked,
                },
                new PermissionChangedData(after.DecidedBy, after.State, after.ExpiresAt));
        if (after.WindowUntil != before.WindowUntil && !PermissionRules.WindowIsOpen(before, at))
            yield return Event(EventKind.WindowOpened, new WindowOpenedData(after.WindowUntil));

        NewEvent Event(EventKind kind, object data) =>
            new(kind, at, contact.Channel.Value, contact.Id, call?.Value, Data: data);
    }
}
