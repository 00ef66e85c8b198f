using System.Text.Json;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The shared part of the elements of one <c>value</c>: the business number and the contacts.</summary>
internal static class ValueHeader
{
    /// <summary>Call and message ids are opaque; the longest seen has about 150 characters.</summary>
    public const int MaxId = 512;

    /// <summary>Payloads and opaque data are documented as at most 512 characters.</summary>
    public const int MaxPayload = 2048;

    private const int MaxName = 256;

    public static BusinessNumber Number(JsonElement value)
    {
        var metadata = value.Child("metadata");
        return new BusinessNumber(metadata.Text("phone_number_id", 64), metadata.Text("display_phone_number", 64));
    }

    /// <summary>The user of an element, completed from the contact that is the same person; from
    /// the only contact when there is no other hint.</summary>
    public static WhatsAppUser Complete(JsonElement value, WhatsAppUser user, string? parentUserId = null)
    {
        var contact = FindContact(value, user);
        var told = ContactUser(contact);
        return new WhatsAppUser(
            user.Phone ?? told.Phone,
            user.UserId ?? told.UserId,
            parentUserId ?? contact.Text("parent_user_id", UserHandle.MaxUserIdLength),
            contact.Child("profile").Words("name", MaxName),
            contact.Child("profile").Words("username", MaxName));
    }

    private static JsonElement FindContact(JsonElement value, WhatsAppUser user)
    {
        JsonElement only = default;
        var count = 0;
        foreach (var contact in value.Items("contacts"))
        {
            if (UserHandle.IsKnown(user) && UserHandle.IsSame(ContactUser(contact), user))
                return contact;
            only = contact;
            count++;
        }
        return count == 1 && !UserHandle.IsKnown(user) ? only : default;
    }

    private static WhatsAppUser ContactUser(JsonElement contact) =>
        UserHandle.From(contact.Text("wa_id", 64), contact.Text("user_id", UserHandle.MaxUserIdLength));
}
