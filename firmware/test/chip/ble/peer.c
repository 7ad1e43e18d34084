/* SPDX-License-Identifier: MIT */
/*
 * GAP and GATT, and the peer at their other end. Commands to the controller are answered by it within 2 s
 * (BLE_HCI_CMD_TIMEOUT_MS), for which their caller waits; if they are not, BLE_HS_ETIMEOUT_HCI, and the host resets it.
 */
#include "board.h"

#define OUR_MTU 247 /* CONFIG_BT_NIMBLE_ATT_PREFERRED_MTU */

bool board_advertises;
uint16_t board_connection = BLE_HS_CONN_HANDLE_NONE, board_sent_on;

static ble_gap_event_fn *on_event;
static ble_gatt_mtu_fn *on_mtu;
static ble_gatt_access_fn *on_write;
static bool is_connecting;
static bool mtu_is_asked; /* of this connection, by either side */
static uint16_t mtu, mtu_asked_on;

static int found(uint16_t handle) {
    return handle == board_connection && handle != BLE_HS_CONN_HANDLE_NONE ? 0 : BLE_HS_ENOTCONN;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gatts.c: counts only, for the pools that the host's start makes;
 * BLE_HS_EINVAL for a definition that cannot be. */
int ble_gatts_count_cfg(const struct ble_gatt_svc_def *services) {
    return services->type == BLE_GATT_SVC_TYPE_PRIMARY && services->uuid != NULL ? 0 : BLE_HS_EINVAL;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gatts.c: keeps the pointer, for which it takes a few bytes of heap, else
 * BLE_HS_ENOMEM; BLE_HS_EBUSY while there is a connection or it advertises. Counts from the host's start on, until
 * nimble_port_deinit. */
int ble_gatts_add_svcs(const struct ble_gatt_svc_def *services) {
    if (board_connection != BLE_HS_CONN_HANDLE_NONE || board_advertises || is_connecting) {
        return BLE_HS_EBUSY;
    }
    on_write = services->characteristics[0].access_cb;
    return 0;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: a command to the controller, which takes nothing; BLE_HS_EDISABLED
 * while the host does not run, BLE_HS_ENOTCONN, BLE_HS_EALREADY the second time. That it has ended comes as an event.
 */
int ble_gap_terminate(uint16_t handle, uint8_t reason) {
    (void)reason;
    return board_host_is_on ? found(handle) : BLE_HS_EDISABLED;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: a command to the controller, whose word it returns for a connection
 * that is none; BLE_HS_EINVAL for less than 27 bytes or 328 us, or more than 251 or 17,040. */
int ble_gap_set_data_len(uint16_t handle, uint16_t octets, uint16_t us) {
    if (octets < 27 || octets > 251 || us < 328 || us > 17040) {
        return BLE_HS_EINVAL;
    }
    return found(handle) == 0 ? 0 : BLE_HS_HCI_ERR(BLE_ERR_UNK_CONN_ID);
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: takes an entry of a pool, else BLE_HS_ENOMEM; BLE_HS_EINVAL for what
 * the specification forbids, BLE_HS_EDISABLED, BLE_HS_ENOTCONN, BLE_HS_EALREADY until the one before has ended, of
 * which an event tells. */
int ble_gap_update_params(uint16_t handle, const struct ble_gap_upd_params *params) {
    if (params->itvl_min > params->itvl_max || params->itvl_min < 6 || params->itvl_max > 3200 ||
        params->supervision_timeout <= params->itvl_max / 4 || params->supervision_timeout < 10 ||
        params->supervision_timeout > 3200) {
        return BLE_HS_EINVAL;
    }
    return board_host_is_on ? found(handle) : BLE_HS_EDISABLED;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: takes nothing. */
int ble_gap_adv_active(void) {
    return board_advertises;
}

/* A length and a type in front of each. */
static int check_size(const struct ble_hs_adv_fields *fields) {
    const int size = (fields->flags != 0 ? 3 : 0) + (fields->num_uuids128 != 0 ? 2 + 16 * fields->num_uuids128 : 0) +
                     (fields->name != NULL ? 2 + fields->name_len : 0);
    return size <= BLE_HS_ADV_MAX_SZ ? 0 : BLE_HS_EMSGSIZE;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: a command to the controller, which copies; BLE_HS_EDISABLED,
 * BLE_HS_EMSGSIZE for more than 31 bytes. */
int ble_gap_adv_set_fields(const struct ble_hs_adv_fields *fields) {
    return board_host_is_on ? check_size(fields) : BLE_HS_EDISABLED;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: a command to the controller, which copies; BLE_HS_EDISABLED,
 * BLE_HS_EMSGSIZE for more than 31 bytes. */
int ble_gap_adv_rsp_set_fields(const struct ble_hs_adv_fields *fields) {
    return board_host_is_on ? check_size(fields) : BLE_HS_EDISABLED;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: commands to the controller; BLE_HS_EDISABLED, BLE_HS_EALREADY while
 * it advertises, BLE_HS_ENOMEM while there are as many connections as there can be, BLE_HS_EINVAL. Ends by itself where
 * somebody connects. */
int ble_gap_adv_start(uint8_t own, const ble_addr_t *to, int32_t ms, const struct ble_gap_adv_params *params,
                      ble_gap_event_fn *listener, void *argument) {
    (void)own, (void)to, (void)ms, (void)argument;
    if (!board_host_is_on || board_advertises) {
        return board_advertises ? BLE_HS_EALREADY : BLE_HS_EDISABLED;
    }
    if (params->itvl_min < 0x20 || params->itvl_max > 0x4000) {
        return BLE_HS_EINVAL;
    }
    if (board_connection != BLE_HS_CONN_HANDLE_NONE) {
        return BLE_HS_ENOMEM;
    }
    board_advertises = true;
    on_event = listener;
    return 0;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gap.c: a command to the controller; BLE_HS_EALREADY while it connects,
 * BLE_HS_EDISABLED, BLE_HS_ENOMEM while there are as many connections as there can be. That it is connected, or that
 * the time has passed, comes as an event. */
int ble_gap_connect(uint8_t own, const ble_addr_t *to, int32_t ms, const struct ble_gap_conn_params *params,
                    ble_gap_event_fn *listener, void *argument) {
    (void)own, (void)to, (void)ms, (void)params, (void)argument;
    if (is_connecting || !board_host_is_on) {
        return is_connecting ? BLE_HS_EALREADY : BLE_HS_EDISABLED;
    }
    if (board_connection != BLE_HS_CONN_HANDLE_NONE) {
        return BLE_HS_ENOMEM;
    }
    is_connecting = true;
    on_event = listener;
    return 0;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gattc.c: takes a procedure of the pool and a buffer of msys, else
 * BLE_HS_ENOMEM; BLE_HS_ENOTCONN, BLE_HS_EALREADY if either side has asked before. Does not wait: the host task calls
 * back with the answer, or the end of the connection, or after 30 s. */
int ble_gattc_exchange_mtu(uint16_t handle, ble_gatt_mtu_fn *done, void *argument) {
    (void)argument;
    if (found(handle) != 0 || mtu_is_asked) {
        return found(handle) != 0 ? BLE_HS_ENOTCONN : BLE_HS_EALREADY;
    }
    mtu_is_asked = true;
    on_mtu = done;
    mtu_asked_on = handle;
    return 0;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gattc.c: takes a procedure of the pool and a buffer of msys, else
 * BLE_HS_ENOMEM; BLE_HS_ENOTCONN. Does not wait: the host task calls back for each, and with BLE_HS_EDONE. */
int ble_gattc_disc_all_chrs(uint16_t handle, uint16_t first, uint16_t last, ble_gatt_chr_fn *each, void *argument) {
    (void)first, (void)last, (void)each, (void)argument;
    return found(handle);
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gattc.c: copies to a buffer of msys and takes a procedure of the pool, else
 * BLE_HS_ENOMEM; BLE_HS_ENOTCONN. Does not wait: the host task calls back. */
int ble_gattc_write_flat(uint16_t handle, uint16_t attribute, const void *data, uint16_t length, ble_gatt_attr_fn *done,
                         void *argument) {
    (void)attribute, (void)data, (void)length, (void)done, (void)argument;
    return found(handle);
}

static int send(uint16_t handle, struct os_mbuf *frame) {
    const int code = found(handle) != 0 ? BLE_HS_ENOTCONN : board_buffers == 0 ? BLE_HS_ENOMEM : 0;
    board_free_frame(frame); /* by the controller, in truth, once it has been sent */
    board_sent_on = handle;
    return code;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gattc.c: consumes the frame, whatever comes of it; takes a buffer of msys
 * for what goes in front of it, else BLE_HS_ENOMEM; BLE_HS_ENOTCONN. Does not wait; cut to the MTU. */
int ble_gatts_notify_custom(uint16_t handle, uint16_t attribute, struct os_mbuf *frame) {
    (void)attribute;
    return send(handle, frame);
}

/* bt/host/nimble/nimble/nimble/host/src/ble_gattc.c: consumes the frame, whatever comes of it; takes a buffer of msys
 * for what goes in front of it, else BLE_HS_ENOMEM; BLE_HS_ENOTCONN. Does not wait; cut to the MTU. */
int ble_gattc_write_no_rsp(uint16_t handle, uint16_t attribute, struct os_mbuf *frame) {
    (void)attribute;
    return send(handle, frame);
}

/* bt/host/nimble/nimble/nimble/host/src/ble_att.c: takes nothing; 23 until they have agreed, 0 for what is not
 * connected. */
uint16_t ble_att_mtu(uint16_t handle) {
    return found(handle) == 0 ? mtu : 0;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_uuid.c: takes nothing; 0 for the same, else of no meaning. */
int ble_uuid_cmp(const ble_uuid_t *a, const ble_uuid_t *b) {
    return a->type != b->type ? a->type - b->type
                              : memcmp(((const ble_uuid128_t *)a)->value, ((const ble_uuid128_t *)b)->value, 16);
}

void board_connects(uint16_t handle, bool tell) {
    board_connection = handle;
    board_advertises = is_connecting = false;
    mtu = BLE_ATT_MTU_DFLT;
    mtu_is_asked = false;
    if (tell) {
        board_tell_connected(handle, 0);
    }
}

void board_tell_connected(uint16_t handle, int status) {
    struct ble_gap_event event = {.type = BLE_GAP_EVENT_CONNECT, .connect = {.status = status, .conn_handle = handle}};
    if (status != 0 && handle == board_connection) {
        board_connection = BLE_HS_CONN_HANDLE_NONE; /* before it tells so */
    }
    on_event(&event, NULL);
}

void board_asks(uint16_t peers) {
    mtu_is_asked = true;
    mtu = peers < OUR_MTU ? peers : OUR_MTU;
}

void board_subscribes(uint16_t handle) {
    struct ble_gap_event event = {
        .type = BLE_GAP_EVENT_SUBSCRIBE,
        .subscribe = {
            .conn_handle = handle, .attr_handle = 12, .reason = BLE_GAP_SUBSCRIBE_REASON_WRITE, .cur_notify = 1}};
    on_event(&event, NULL);
}

void board_agrees(uint16_t peers) {
    const struct ble_gatt_error fine = {0};
    mtu = peers < OUR_MTU ? peers : OUR_MTU;
    on_mtu(mtu_asked_on, &fine, mtu, NULL);
}

void board_writes(uint16_t handle) {
    struct os_mbuf frame = {.length = 20};
    struct ble_gatt_access_ctxt context = {.op = BLE_GATT_ACCESS_OP_WRITE_CHR, .om = &frame};
    on_write(handle, 10, &context, NULL);
}

void board_notifies(uint16_t handle) {
    struct os_mbuf frame = {.length = 20};
    struct ble_gap_event event = {.type = BLE_GAP_EVENT_NOTIFY_RX, .notify_rx = {.om = &frame, .conn_handle = handle}};
    on_event(&event, NULL);
}

void board_disconnects(uint16_t handle) {
    struct ble_gap_event event = {.type = BLE_GAP_EVENT_DISCONNECT,
                                  .disconnect = {.reason = 0x213, .conn = {.conn_handle = handle}}};
    if (handle == board_connection) {
        board_connection = BLE_HS_CONN_HANDLE_NONE; /* before it tells so */
    }
    on_event(&event, NULL);
}
