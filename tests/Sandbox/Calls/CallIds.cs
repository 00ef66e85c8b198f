using System.Security.Cryptography;
using System.Text;

namespace Sandbox.Calls;

/// <summary>Ids in the shapes of Meta's: base64 around the user's number and 32 hex digits.</summary>
public static class CallIds
{
    public static string NewCall(string userPhone, bool inbound) => "wacid." + Encode(userPhone, inbound ? (byte)0x12 : (byte)0x11);

    public static string NewMessage(string userPhone) => "wamid." + Encode(userPhone, 0x15);

    private static string Encode(string userPhone, byte marker)
    {
        byte[] blob =
        [
            0x1c, 0x18, (byte)userPhone.Length, .. Encoding.ASCII.GetBytes(userPhone), 0x15, 0x02, 0x00, marker, 0x18, 0x20,
            .. Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(32)), 0x00,
        ];
        return Convert.ToBase64String(blob);
    }
}
